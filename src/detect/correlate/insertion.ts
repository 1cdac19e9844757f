import type { Entries } from './entries.ts'
import { isRepeated } from './groups.ts'
import { type Members, noRows } from './members.ts'
import type { Order } from './order.ts'
import { countSteps } from './repeats.ts'
import type { RuleState } from './rule-state.ts'

/** An entry that is to become part of a group, or of another entry that is there for the same event. */
export interface NewEntry {
  readonly group: number
  /** The entries of the group that count. */
  readonly order: Order
  readonly row: number
  readonly steps: number
  readonly values: CountedValues
  readonly watermarkUs: number
}

/** What is counted of an observation. */
export interface CountedValues {
  readonly texts?: readonly string[]
  readonly numbers?: readonly number[]
}

/** Puts entries into groups, and finds out which entries of a request count. */
export class Insertion {
  readonly #state: RuleState
  readonly #entries: Entries
  readonly #members: Members
  readonly #countsRequests: boolean
  readonly #hasSteps: boolean
  readonly #onRepeated: (group: number) => void

  /** `onRepeated`: a group has entries of several requests. */
  constructor(state: RuleState, onRepeated: (group: number) => void) {
    this.#state = state
    this.#entries = state.entries
    this.#members = state.members
    this.#countsRequests = state.plan.settings.count === 'requests'
    this.#hasSteps = state.plan.entryShape.hasSteps
    this.#onRepeated = onRepeated
  }

  /**
   * Returns the first entry that counts for more than before, or for less; undefined when nothing is new. When it is the
   * same event once more, its row is free again.
   */
  insert(added: NewEntry): number | undefined {
    const { group, order, row, values } = added
    const entries = this.#entries
    const isLast = order.isLast(entries, row)
    const known = this.#find(added, isLast)
    if (known !== undefined) {
      entries.remove(row)
      return this.#merge(added, known)
    }
    this.#state.changes.mark(group)
    this.#setValues(row, values)
    const others = this.#countsRequests ? this.#members.ofSameRequest(group, order, row) : noRows
    this.#members.added(group, row)
    if (others.length > 0) return this.#insertRepeat(added, others)
    if (order.length > 0 && (this.#state.groups.flags[group]! & isRepeated) === 0)
      this.#findRepeated(added)
    if (isLast) order.push(row)
    else this.#insertBefore(group, order, row)
    return row
  }

  /** An entry has come behind all others of a small group, and none of these is of its request or the same event. */
  appended(group: number, row: number, values: CountedValues): void {
    const { changes, groups } = this.#state
    changes.mark(group)
    this.#setValues(row, values)
    // Then all others are of the request of the first one.
    const isOfOneRequest = (groups.flags[group]! & isRepeated) === 0
    if (isOfOneRequest && !this.#entries.identities.isSameRequest(row, this.#entries.next[row]!))
      this.#onRepeated(group)
  }

  #setValues(row: number, { texts, numbers }: CountedValues): void {
    if (texts !== undefined) this.#entries.setTexts(row, texts)
    if (numbers !== undefined) this.#entries.setNumbers(row, numbers)
  }

  #find({ group, order, row }: NewEntry, isLast: boolean): number | undefined {
    const known = isLast ? undefined : order.find(this.#entries, row)
    if (known !== undefined) return known
    for (const one of this.#members.idle(group))
      if (this.#entries.compare(one, row) === 0) return one
    return undefined
  }

  #findRepeated({ group, order, row }: NewEntry): void {
    if (!this.#entries.identities.isSameRequest(row, order.row(order.length - 1)))
      this.#onRepeated(group)
  }

  /** Of an entry that does not come behind all others. */
  #insertBefore(group: number, order: Order, row: number): void {
    const rank = order.insert(this.#entries, row)
    const evaluator = this.#members.large(group)?.evaluator
    if (evaluator !== undefined && rank < evaluator.position) evaluator.inserted(order, rank)
  }

  /** `others` are those of its request. */
  #insertRepeat(added: NewEntry, others: readonly number[]): number | undefined {
    if (!this.#isLaterStage(added, others)) return this.#recount(added, [...others, added.row])
    this.#members.addIdle(added.group, added.row)
    return undefined
  }

  /** The ordinary case of a request that comes again: behind all its others, and so soon that it does not count. */
  #isLaterStage({ order, row }: NewEntry, others: readonly number[]): boolean {
    const entries = this.#entries
    const { timesUs } = entries
    const afterUs = timesUs[row]! - this.#state.plan.timespanUs
    const matched = entries.matchedSteps(row)
    let uncounted = matched
    for (const other of others) {
      if (entries.compare(other, row) > 0) return false
      if (timesUs[other]! <= afterUs) continue
      if (this.#hasSteps) uncounted &= ~entries.steps[other]!
      else if (order.has(entries, other)) uncounted = 0
    }
    if (uncounted !== 0) return false
    if (this.#hasSteps) entries.setSteps(row, matched, 0)
    return true
  }

  /** The event of an entry once more, perhaps by another of the rules. */
  #merge(added: NewEntry, row: number): number | undefined {
    const { group, order, steps, values } = added
    const entries = this.#entries
    const members = this.#members
    const before = entries.matchedSteps(row)
    const matched = this.#hasSteps ? (before | steps) >>> 0 : before
    const isMore = values.texts !== undefined && entries.addTexts(row, values.texts)
    if (matched === before && !isMore) return undefined
    this.#state.changes.mark(group)
    members.touched(group, row)
    const evaluator = members.large(group)?.evaluator
    if (evaluator !== undefined) evaluator.position = -1
    if (matched === before) return row
    entries.setSteps(row, matched, this.#countsRequests ? entries.steps[row]! : matched)
    if (!this.#countsRequests) return row
    return this.#recount(added, members.ofSameRequest(group, order, row))
  }

  /** Of the entries of one request some count, and some do not; a new one may change that of others. */
  #recount(
    { group, order, row: added, watermarkUs }: NewEntry,
    rows: readonly number[],
  ): number | undefined {
    const entries = this.#entries
    const members = this.#members
    const idle = new Set(members.idle(group))
    const isIn = (row: number) => row !== added && !idle.has(row)
    let first: number | undefined
    const sorted = rows.toSorted((a, b) => entries.compare(a, b))
    for (const [row, counted] of countSteps(this.#state, sorted, isIn, added, watermarkUs)) {
      entries.setSteps(row, entries.matchedSteps(row), counted)
      members.touched(group, row)
      if (counted !== 0 && !isIn(row)) order.insert(entries, row)
      if (counted === 0 && isIn(row)) order.remove(entries, row)
      if (counted === 0) idle.add(row)
      else idle.delete(row)
      if (counted !== 0 || row !== added) first ??= row
    }
    members.setIdle(group, [...idle])
    const large = members.large(group)
    if (large !== undefined && first !== undefined) {
      large.lastUntoldUs = Number.POSITIVE_INFINITY
      if (large.evaluator !== undefined) large.evaluator.position = -1
    }
    return first
  }
}
