/** A value of 0 stands for a free slot. */
const substitute = 1

/** Many 32-bit values, each as often as it was added; open addressing, so that a value takes 4 bytes and some slack. */
export class Fingerprints {
  #size = 0
  #slots = new Uint32Array(32)
  #mask = 31

  add(fingerprint: number): void {
    const value = fingerprint || substitute
    if ((this.#size + 1) * 2 > this.#slots.length) this.#grow()
    const mask = this.#mask
    let slot = value & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = value
    this.#size += 1
  }

  /** How often the value is there, at most. */
  countOf(fingerprint: number): number {
    const value = fingerprint || substitute
    const slots = this.#slots
    const mask = this.#mask
    let count = 0
    for (let slot = value & mask; slots[slot] !== 0; slot = (slot + 1) & mask)
      if (slots[slot] === value) count += 1
    return count
  }

  /** Takes out one of a value that is there. */
  remove(fingerprint: number): void {
    const value = fingerprint || substitute
    const slots = this.#slots
    const mask = this.#mask
    let hole = value & mask
    while (slots[hole] !== value) hole = (hole + 1) & mask
    this.#size -= 1
    // What stands behind the hole moves into it, as far as the search for it would end there.
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = slots[slot]! & mask
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      slots[hole] = slots[slot]!
      hole = slot
    }
    slots[hole] = 0
  }

  #grow(): void {
    const old = this.#slots
    const slots = new Uint32Array(old.length * 2)
    const mask = slots.length - 1
    for (const value of old) {
      if (value === 0) continue
      let slot = value & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = value
    }
    this.#slots = slots
    this.#mask = mask
  }
}
