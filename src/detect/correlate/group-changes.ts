import { groupName } from './group-keys.ts'
import { type Groups, isChanged, isSaved } from './groups.ts'

/** What has changed of the groups of a rule since they were saved. */
export class GroupChanges {
  readonly #groups: Groups
  /** Groups that have changed, and perhaps others. */
  #changed: number[] = []
  /** Names of records that are not needed any more. */
  #dropped: string[] = []

  constructor(groups: Groups) {
    this.#groups = groups
  }

  mark(group: number): void {
    const { flags } = this.#groups
    if ((flags[group]! & isChanged) !== 0) return
    flags[group]! |= isChanged
    this.#changed.push(group)
  }

  /** Of a group that is about to be given up. */
  drop(group: number): void {
    if (this.#isSaved(group)) this.#dropped.push(this.#nameOf(group))
  }

  /** Of a record that a large group needs no more. */
  dropPart(group: number, part: number): void {
    if (!this.#isSaved(group)) return
    this.#dropped.push(`${this.#nameOf(group)}/${part}`)
    this.mark(group)
  }

  /** What is to be saved, and is taken as saved from now on; names of records that go, before it. */
  take(): { readonly dropped: readonly string[]; readonly changed: readonly number[] } {
    const { flags } = this.#groups
    const dropped = this.#dropped
    const changed = this.#changed.filter((group) => {
      if ((flags[group]! & isChanged) === 0) return false
      flags[group] = (flags[group]! & ~isChanged) | isSaved
      return true
    })
    this.#dropped = []
    this.#changed = []
    return { dropped, changed }
  }

  #isSaved(group: number): boolean {
    return (this.#groups.flags[group]! & isSaved) !== 0
  }

  #nameOf(group: number): string {
    return groupName(this.#groups.keyBytes(group))
  }
}
