import { Entries } from './entries.ts'
import { GroupChanges } from './group-changes.ts'
import type { KeyWriter } from './group-keys.ts'
import { Groups } from './groups.ts'
import { Members } from './members.ts'
import type { CorrelationPlan } from './plan.ts'
import type { ValueWriter } from './words.ts'

/** What all correlations write keys and values with, so that the same for many rules is written once. */
export interface Writers {
  readonly keys: KeyWriter
  readonly values: ValueWriter
}

/** What one correlation remembers: all its groups, in all clusters, and their entries. */
export class RuleState {
  readonly plan: CorrelationPlan
  readonly entries: Entries
  readonly groups: Groups
  readonly members: Members
  readonly changes: GroupChanges

  constructor(plan: CorrelationPlan, { keys, values }: Writers) {
    this.plan = plan
    this.entries = new Entries(plan.entryShape, values)
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
