import { Entries } from './entries.ts'
import { GroupChanges } from './group-changes.ts'
import { Groups } from './groups.ts'
import type { KeyWriter } from './key-writer.ts'
import type { KnownIds } from './known-ids.ts'
import { Members } from './members.ts'
import type { CorrelationPlan } from './plan.ts'
import type { ValueWriter } from './value-writer.ts'

/** What all correlations make keys, values and ids with, so that the same for many rules is made once. */
export interface Writers {
  readonly keys: KeyWriter
  readonly values: ValueWriter
  readonly ids: KnownIds
}

/** What one correlation remembers: all its groups, in all clusters, and their entries. */
export class RuleState {
  readonly plan: CorrelationPlan
  readonly entries: Entries
  readonly groups: Groups
  readonly members: Members
  readonly changes: GroupChanges

  constructor(plan: CorrelationPlan, { keys, values, ids }: Writers) {
    this.plan = plan
    this.entries = new Entries(plan.entryShape, values, ids)
    this.groups = new Groups(plan.telling !== 'atOnce', keys)
    this.changes = new GroupChanges(this.groups)
    this.members = new Members(this.entries, this.groups, (group, part) =>
      this.changes.dropPart(group, part),
    )
  }

  get bytes(): number {
    return this.entries.bytes + this.groups.bytes + this.members.bytes
  }

  /** Gives up an entry, in the order of its group or aside. */
  forget(group: number, row: number): void {
    this.members.removed(group, row)
    this.entries.remove(row)
  }
}
