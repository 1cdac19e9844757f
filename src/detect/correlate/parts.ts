/** A record with as many entries takes no more. */
const fullPart = 64
const mostParts = 0xffff

/** The records that the entries of a large group are saved in, as numbers: how many entries each has, and which have changed. */
export class Parts {
  /** The one that new entries go to. */
  open = 1
  #openCount = 0
  #isOpenChanged = false
  /** Of all others. */
  readonly #counts = new Map<number, number>()
  readonly #changed = new Set<number>()

  add(part: number): void {
    if (part === this.open) this.#openCount += 1
    else this.#counts.set(part, (this.#counts.get(part) ?? 0) + 1)
    this.touch(part)
  }

  /** Returns whether that was the last of its entries: the record is not needed any more. */
  remove(part: number): boolean {
    if (part === this.open) {
      this.#openCount -= 1
      if (this.#openCount > 0) return false
      this.#isOpenChanged = false
      this.openNext()
      return true
    }
    const left = this.#counts.get(part)! - 1
    this.#counts.set(part, left)
    if (left > 0) return false
    this.#counts.delete(part)
    this.#changed.delete(part)
    return true
  }

  /** How many entries are in it. */
  sizeOf(part: number): number {
    return part === this.open ? this.#openCount : (this.#counts.get(part) ?? 0)
  }

  /** What is saved of one of its entries has changed. */
  touch(part: number): void {
    if (part === this.open) this.#isOpenChanged = true
    else this.#changed.add(part)
  }

  /** Those that have to be written again. */
  takeChanged(): readonly number[] {
    const changed = [...this.#changed, ...(this.#isOpenChanged ? [this.open] : [])]
    this.#changed.clear()
    this.#isOpenChanged = false
    if (this.#openCount >= fullPart) this.openNext()
    return changed
  }

  /** New entries go to a record that has none. */
  openNext(): void {
    if (this.#openCount > 0) {
      this.#counts.set(this.open, this.#openCount)
      if (this.#isOpenChanged) this.#changed.add(this.open)
    }
    do this.open = this.open >= mostParts ? 1 : this.open + 1
    while (this.#counts.has(this.open))
    this.#openCount = 0
    this.#isOpenChanged = false
  }

  /** All that have entries. */
  all(): readonly number[] {
    return [...this.#counts.keys(), ...(this.#openCount > 0 ? [this.open] : [])]
  }
}
