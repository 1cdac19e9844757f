/** Words of a slot: two of the value, and how often it is there. */
const slotWords = 3

/** How often each of many 64-bit values is there; open addressing, so that a value takes 12 bytes and some slack. */
export class RefCounts {
  /** Distinct values. */
  size = 0
  #slots = new Uint32Array(16 * slotWords)
  #mask = 15

  /** Returns how often the value is there now. */
  add(high: number, low: number): number {
    if ((this.size + 1) * 3 > (this.#mask + 1) * 2) this.#resize((this.#mask + 1) * 2)
    const at = this.#find(high, low)
    const count = this.#slots[at + 2]! + 1
    if (count === 1) {
      this.#slots[at] = high
      this.#slots[at + 1] = low
      this.size += 1
    }
    this.#slots[at + 2] = count
    return count
  }

  /** Of a value that is there. Returns how often it is left. */
  remove(high: number, low: number): number {
    const at = this.#find(high, low)
    const left = this.#slots[at + 2]! - 1
    this.#slots[at + 2] = left
    if (left === 0) {
      this.size -= 1
      this.#close(at / slotWords)
    }
    return left
  }

  clear(): void {
    if (this.size > 0) this.#slots.fill(0)
    this.size = 0
  }

  /** Where the slot of a value begins, or the free one that it would take. */
  #find(high: number, low: number): number {
    const slots = this.#slots
    let slot = mixed(high, low) & this.#mask
    for (;;) {
      const at = slot * slotWords
      if (slots[at + 2] === 0 || (slots[at + 1] === low && slots[at] === high)) return at
      slot = (slot + 1) & this.#mask
    }
  }

  /** Moves values behind a gap into it, as far as the search for them would end there. */
  #close(gap: number): void {
    const slots = this.#slots
    const mask = this.#mask
    let hole = gap
    for (let slot = (gap + 1) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * slotWords
      if (slots[at + 2] === 0) return
      const home = mixed(slots[at]!, slots[at + 1]!) & mask
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      slots.copyWithin(hole * slotWords, at, at + slotWords)
      slots[at + 2] = 0
      hole = slot
    }
  }

  #resize(capacity: number): void {
    const old = this.#slots
    this.#slots = new Uint32Array(capacity * slotWords)
    this.#mask = capacity - 1
    for (let from = 0; from < old.length; from += slotWords) {
      if (old[from + 2] === 0) continue
      const at = this.#find(old[from]!, old[from + 1]!)
      for (let i = 0; i < slotWords; i++) this.#slots[at + i] = old[from + i]!
    }
  }
}

/** Whose lower bits depend on all. */
function mixed(high: number, low: number): number {
  const hash = Math.imul(high, 0x85ebca6b) ^ Math.imul(low, 0x9e3779b1)
  return hash ^ (hash >>> 16)
}
