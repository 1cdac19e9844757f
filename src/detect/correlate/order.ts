import type { Entries } from './entries.ts'

/** The entries of one group, by time and id. A rank is a place in it, from 0. */
export class Order {
  #rows = new Uint32Array(4)
  #start = 0
  #end = 0

  get length(): number {
    return this.#end - this.#start
  }

  row(rank: number): number {
    return this.#rows[this.#start + rank]!
  }

  /** Whether an entry that is not there comes behind all others: most do. */
  isLast(entries: Entries, row: number): boolean {
    const { length } = this
    return length === 0 || entries.compare(row, this.row(length - 1)) > 0
  }

  /** Of an entry that is not there. Returns its rank. */
  insert(entries: Entries, row: number): number {
    const rank = this.#placeOf(entries, row)
    if (this.#end === this.#rows.length) this.#makeRoom()
    const at = this.#start + rank
    this.#rows.copyWithin(at + 1, at, this.#end)
    this.#rows[at] = row
    this.#end += 1
    return rank
  }

  /** The entry of the same time and id as another one that is not there. */
  find(entries: Entries, row: number): number | undefined {
    const rank = this.#placeOf(entries, row)
    if (rank === this.length) return undefined
    const known = this.row(rank)
    return entries.compare(row, known) === 0 ? known : undefined
  }

  has(entries: Entries, row: number): boolean {
    const rank = this.#placeOf(entries, row)
    return rank < this.length && this.row(rank) === row
  }

  /** Makes it empty. */
  clear(): void {
    this.#start = 0
    this.#end = 0
  }

  /** Puts an entry behind all others, where it belongs. */
  push(row: number): void {
    if (this.#end === this.#rows.length) this.#makeRoom()
    this.#rows[this.#end++] = row
  }

  dropFirst(count: number): void {
    this.#start += count
  }

  /** Takes out one of its entries. */
  remove(entries: Entries, row: number): void {
    const at = this.#start + this.#placeOf(entries, row)
    this.#rows.copyWithin(at, at + 1, this.#end)
    this.#end -= 1
  }

  /** The rank of the first entry that is later than a time; the length when there is none. */
  firstAfter(entries: Entries, timeUs: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (entries.timesUs[this.row(middle)]! <= timeUs) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The rank of the first entry that is not earlier than a time. */
  firstFrom(entries: Entries, timeUs: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (entries.timesUs[this.row(middle)]! < timeUs) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The rank behind the entries of the same time as the one of a rank. */
  endOfRun(entries: Entries, rank: number): number {
    const timeUs = entries.timesUs[this.row(rank)]!
    let end = rank + 1
    while (end < this.length && entries.timesUs[this.row(end)] === timeUs) end += 1
    return end
  }

  #placeOf(entries: Entries, row: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (entries.compare(this.row(middle), row) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #makeRoom(): void {
    const { length } = this
    const rows =
      length * 2 <= this.#rows.length ? this.#rows : new Uint32Array(Math.max(8, length * 2))
    rows.set(this.#rows.subarray(this.#start, this.#end))
    this.#rows = rows
    this.#start = 0
    this.#end = length
  }
}
