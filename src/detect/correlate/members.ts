import type { Entries } from './entries.ts'
import type { Groups } from './groups.ts'
import { type LargeGroup, newLargeGroup } from './large-group.ts'
import { Order } from './order.ts'

/** What places in an order and counted requests take, slack included. */
const rankBytes = 6
const requestBytes = 12

export const noRows: readonly number[] = []

/** Groups of more entries are large. */
export const mostOfSmall = 16
/** Large ones of fewer become small again. */
const leastOfLarge = 8

/**
 * Which entries each group has, in their order: links between the few of a small group, an object of its own for a large
 * one. Entries that do not count, because of an earlier one of their request, stand aside.
 */
export class Members {
  readonly #entries: Entries
  readonly #groups: Groups
  readonly #large = new Map<number, LargeGroup>()
  #latest = -1
  #latestLarge: LargeGroup | undefined
  readonly #idle = new Map<number, number[]>()
  readonly #scratch = new Order()
  /** What large groups take, about. */
  bytes = 0
  readonly #onPartGone: (group: number, part: number) => void

  /** `onPartGone`: a record of a large group is not needed any more. */
  constructor(entries: Entries, groups: Groups, onPartGone: (group: number, part: number) => void) {
    this.#entries = entries
    this.#groups = groups
    this.#onPartGone = onPartGone
  }

  large(group: number): LargeGroup | undefined {
    if (this.#large.size === 0) return undefined
    // It is asked for again and again while one event is dealt with.
    if (group === this.#latest) return this.#latestLarge
    this.#latest = group
    this.#latestLarge = this.#large.get(group)
    return this.#latestLarge
  }

  /** The entries that count. Of a small group, true until the next call for any. */
  orderOf(group: number): Order {
    const large = this.large(group)
    if (large !== undefined) return large.order
    this.#scratch.clear()
    const tail = this.#groups.tails[group]!
    let row = tail
    for (let i = this.#groups.lengths[group]!; i > 0; i--) {
      row = this.#entries.next[row]!
      this.#scratch.push(row)
    }
    return this.#scratch
  }

  /** After `orderOf`, when entries came or went. */
  keep(group: number, order: Order): void {
    const large = this.large(group)
    if (large === undefined && order.length > mostOfSmall) this.#enlarge(group, order, () => 1)
    else if (large === undefined) this.#link(group, order)
    else if (order.length >= leastOfLarge) this.#weigh(large)
    else {
      this.#dropLarge(group)
      this.#link(group, order)
    }
  }

  idle(group: number): readonly number[] {
    return this.#idle.size === 0 ? noRows : (this.#idle.get(group) ?? noRows)
  }

  addIdle(group: number, row: number): void {
    const rows = this.#idle.get(group)
    if (rows === undefined) this.#idle.set(group, [row])
    else rows.push(row)
  }

  setIdle(group: number, rows: readonly number[]): void {
    if (rows.length === 0) this.#idle.delete(group)
    else this.#idle.set(group, [...rows])
  }

  /** All entries of the request of a row: of the latest first, as its stages follow each other. */
  ofSameRequest(group: number, order: Order, row: number): readonly number[] {
    const { identities } = this.#entries
    const word = identities.requestWord(row)
    // Of a large group it is known how many there may be: mostly none.
    const most = this.large(group)?.requests.countOf(word) ?? Number.POSITIVE_INFINITY
    return most === 0 ? noRows : this.#findSameRequest(group, order, row, most)
  }

  #findSameRequest(group: number, order: Order, row: number, most: number): readonly number[] {
    const { identities } = this.#entries
    const word = identities.requestWord(row)
    const rows: number[] = []
    let left = most
    const look = (one: number): void => {
      if (identities.requestWord(one) !== word) return
      left -= 1
      if (identities.isSameRequest(one, row)) rows.push(one)
    }
    for (const one of this.idle(group)) look(one)
    for (let rank = order.length - 1; rank >= 0 && left > 0; rank--) look(order.row(rank))
    return rows
  }

  added(group: number, row: number): void {
    const large = this.large(group)
    if (large !== undefined) this.#addTo(large, row, large.parts.open)
  }

  /** What is saved of an entry has changed. */
  touched(group: number, row: number): void {
    this.large(group)?.parts.touch(this.#entries.next[row]!)
  }

  removed(group: number, row: number): void {
    const large = this.large(group)
    if (large === undefined) return
    const entries = this.#entries
    large.requests.remove(entries.identities.requestWord(row))
    const part = entries.next[row]!
    if (large.parts.remove(part)) this.#onPartGone(group, part)
  }

  /** The entries of the records of a large group that have to be written again, by number of the record. */
  takeChangedParts(group: number): Iterable<readonly [part: number, rows: readonly number[]]> {
    const large = this.large(group)
    if (large === undefined) return []
    const rows = new Map<number, number[]>()
    let left = 0
    for (const part of large.parts.takeChanged()) {
      rows.set(part, [])
      left += large.parts.sizeOf(part)
    }
    const { next } = this.#entries
    const look = (row: number): void => {
      const ofPart = rows.get(next[row]!)
      if (ofPart === undefined) return
      ofPart.push(row)
      left -= 1
    }
    for (const row of this.idle(group)) look(row)
    // Most changes are at the end.
    for (let rank = large.order.length - 1; rank >= 0 && left > 0; rank--)
      look(large.order.row(rank))
    return rows
  }

  /** A group as it was saved: of a large one, the record of each entry. */
  restore(
    group: number,
    counting: readonly number[],
    idle: readonly number[],
    partOf: ReadonlyMap<number, number>,
  ): void {
    this.setIdle(group, idle)
    this.#scratch.clear()
    for (const row of counting) this.#scratch.push(row)
    if (partOf.size === 0) this.#link(group, this.#scratch)
    else this.#enlarge(group, this.#scratch, (row) => partOf.get(row)!)
    const parts = this.large(group)?.parts
    parts?.takeChanged()
    parts?.openNext()
  }

  /** Of a group with entries that count. */
  newestUs(group: number): number {
    const order = this.large(group)?.order
    const row = order === undefined ? this.#groups.tails[group]! : order.row(order.length - 1)
    return this.#entries.timesUs[row]!
  }

  /** Gives up all entries of a group. */
  clear(group: number): void {
    const order = this.orderOf(group)
    for (let rank = 0; rank < order.length; rank++) this.#entries.remove(order.row(rank))
    for (const row of this.idle(group)) this.#entries.remove(row)
    this.#idle.delete(group)
    this.#dropLarge(group)
    this.#groups.lengths[group] = 0
  }

  #link(group: number, order: Order): void {
    const { next } = this.#entries
    const { length } = order
    this.#groups.lengths[group] = length
    if (length === 0) return
    let tail = order.row(length - 1)
    this.#groups.tails[group] = tail
    for (let rank = 0; rank < length; rank++) {
      next[tail] = order.row(rank)
      tail = order.row(rank)
    }
  }

  #enlarge(group: number, order: Order, partOf: (row: number) => number): void {
    const large = newLargeGroup()
    this.#large.set(group, large)
    this.#latest = -1
    this.#groups.lengths[group] = 0
    for (let rank = 0; rank < order.length; rank++) {
      const row = order.row(rank)
      large.order.push(row)
      this.#addTo(large, row, partOf(row))
      if (!this.#entries.isTold(row)) large.lastUntoldUs = this.#entries.timesUs[row]!
    }
    for (const row of this.idle(group)) this.#addTo(large, row, partOf(row))
    this.#weigh(large)
  }

  #addTo(large: LargeGroup, row: number, part: number): void {
    const entries = this.#entries
    entries.next[row] = part
    large.oldestUs = Math.min(large.oldestUs, entries.timesUs[row]!)
    large.parts.add(part)
    large.requests.add(entries.identities.requestWord(row))
  }

  #dropLarge(group: number): void {
    const large = this.large(group)
    if (large === undefined) return
    this.bytes -= large.bytes
    this.#large.delete(group)
    this.#latest = -1
    for (const part of large.parts.all()) this.#onPartGone(group, part)
  }

  /** By what is used, and as if there were an evaluator: the same after a restart. */
  #weigh(large: LargeGroup): void {
    const bytes = 400 + large.order.length * (rankBytes + requestBytes + this.#entries.contentBytes)
    this.bytes += bytes - large.bytes
    large.bytes = bytes
  }
}
