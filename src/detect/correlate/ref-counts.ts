/** How often each of many 64-bit values is there; open addressing, so that a value takes 12 bytes and some slack. */
export class RefCounts {
  /** Distinct values. */
  size = 0
  #highs = new Uint32Array(16)
  #lows = new Uint32Array(16)
  #counts = new Uint32Array(16)

  /** Returns how often the value is there now. */
  add(high: number, low: number): number {
    if ((this.size + 1) * 3 > this.#counts.length * 2) this.#resize(this.#counts.length * 2)
    const slot = this.#find(high, low)
    if (this.#counts[slot] === 0) {
      this.#highs[slot] = high
      this.#lows[slot] = low
      this.size += 1
    }
    this.#counts[slot]! += 1
    return this.#counts[slot]!
  }

  /** Of a value that is there. Returns how often it is left. */
  remove(high: number, low: number): number {
    const slot = this.#find(high, low)
    const left = this.#counts[slot]! - 1
    this.#counts[slot] = left
    if (left === 0) {
      this.size -= 1
      this.#close(slot)
    }
    return left
  }

  countOf(high: number, low: number): number {
    return this.#counts[this.#find(high, low)]!
  }

  clear(): void {
    if (this.size > 0) this.#counts.fill(0)
    this.size = 0
  }

  get bytes(): number {
    return this.#counts.length * 12
  }

  #find(high: number, low: number): number {
    const mask = this.#counts.length - 1
    let slot = mixed(high, low) & mask
    while (this.#counts[slot] !== 0 && (this.#lows[slot] !== low || this.#highs[slot] !== high))
      slot = (slot + 1) & mask
    return slot
  }

  /** Moves values behind a gap into it, as far as the search for them would end there. */
  #close(gap: number): void {
    const mask = this.#counts.length - 1
    let hole = gap
    for (let slot = (gap + 1) & mask; this.#counts[slot] !== 0; slot = (slot + 1) & mask) {
      const home = mixed(this.#highs[slot]!, this.#lows[slot]!) & mask
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      this.#highs[hole] = this.#highs[slot]!
      this.#lows[hole] = this.#lows[slot]!
      this.#counts[hole] = this.#counts[slot]!
      this.#counts[slot] = 0
      hole = slot
    }
  }

  #resize(capacity: number): void {
    const highs = this.#highs
    const lows = this.#lows
    const counts = this.#counts
    this.#highs = new Uint32Array(capacity)
    this.#lows = new Uint32Array(capacity)
    this.#counts = new Uint32Array(capacity)
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] === 0) continue
      const slot = this.#find(highs[i]!, lows[i]!)
      this.#highs[slot] = highs[i]!
      this.#lows[slot] = lows[i]!
      this.#counts[slot] = counts[i]!
    }
  }
}

/** Whose lower bits depend on all. */
function mixed(high: number, low: number): number {
  const hash = Math.imul(high, 0x85ebca6b) ^ Math.imul(low, 0x9e3779b1)
  return hash ^ (hash >>> 16)
}
