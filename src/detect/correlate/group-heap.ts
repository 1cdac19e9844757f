/** Columns by number of group; the object stays the same when they are replaced by longer ones. */
export interface HeapColumns {
  keys: Float64Array
  /** Where a group stands in its heap, from 1; 0 = in none. */
  places: Uint32Array
}

/** Numbers of groups, the one with the least key first; of equal keys, the one that `compare` puts first. */
export class GroupHeap {
  size = 0
  #groups = new Uint32Array(16)
  readonly #columns: HeapColumns
  readonly #compare: (group: number, other: number) => number

  constructor(columns: HeapColumns, compare: (group: number, other: number) => number) {
    this.#columns = columns
    this.#compare = compare
  }

  /** -1 when there is none. */
  get first(): number {
    return this.size === 0 ? -1 : this.#groups[0]!
  }

  /** Puts a group in, or at its place again after its key has changed. */
  set(group: number, key: number): void {
    const { keys, places } = this.#columns
    keys[group] = key
    if (places[group] !== 0) {
      this.#sink(this.#rise(places[group]! - 1))
      return
    }
    if (this.size === this.#groups.length) {
      const larger = new Uint32Array(Math.ceil(this.size * 1.25))
      larger.set(this.#groups)
      this.#groups = larger
    }
    this.#put(this.size, group)
    this.#rise(this.size++)
  }

  /** A group that is in this heap. */
  remove(group: number): void {
    const { places } = this.#columns
    const at = places[group]! - 1
    places[group] = 0
    this.size -= 1
    if (at === this.size) return
    this.#put(at, this.#groups[this.size]!)
    this.#sink(this.#rise(at))
  }

  #put(at: number, group: number): void {
    this.#groups[at] = group
    this.#columns.places[group] = at + 1
  }

  #isBefore(group: number, other: number): boolean {
    const { keys } = this.#columns
    const byKey = keys[group]! - keys[other]!
    return byKey === 0 ? this.#compare(group, other) < 0 : byKey < 0
  }

  #rise(from: number): number {
    const group = this.#groups[from]!
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(group, this.#groups[parent]!)) break
      this.#put(at, this.#groups[parent]!)
      at = parent
    }
    this.#put(at, group)
    return at
  }

  #sink(from: number): void {
    const group = this.#groups[from]!
    let at = from
    for (;;) {
      let child = at * 2 + 1
      if (child >= this.size) break
      if (child + 1 < this.size && this.#isBefore(this.#groups[child + 1]!, this.#groups[child]!))
        child += 1
      if (!this.#isBefore(this.#groups[child]!, group)) break
      this.#put(at, this.#groups[child]!)
      at = child
    }
    this.#put(at, group)
  }
}
