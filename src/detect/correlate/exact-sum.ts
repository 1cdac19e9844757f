/**
 * A sum of doubles without rounding, from which numbers may be taken away again: kept as numbers that do not overlap
 * (Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997), and rounded once when it is asked for. So it does not
 * depend on the order, nor on what came and went.
 */
export class ExactSum {
  /** Ascending in size, without zeros. */
  #parts: number[] = []

  add(number: number): void {
    let x = number
    let kept = 0
    for (let part of this.#parts) {
      if (Math.abs(x) < Math.abs(part)) [x, part] = [part, x]
      const high = x + part
      const low = part - (high - x)
      if (low !== 0) this.#parts[kept++] = low
      x = high
    }
    this.#parts.length = kept
    if (x !== 0) this.#parts.push(x)
  }

  clear(): void {
    this.#parts.length = 0
  }

  /** The nearest double. */
  get value(): number {
    const parts = this.#parts
    let at = parts.length - 1
    if (at < 0) return 0
    let high = parts[at]!
    let low = 0
    while (at > 0) {
      const x = high
      const y = parts[--at]!
      high = x + y
      low = y - (high - x)
      if (low !== 0) break
    }
    // Halfway between two doubles, what is left decides.
    if (at > 0 && Math.sign(low) === Math.sign(parts[at - 1]!)) {
      const twice = low * 2
      const next = high + twice
      if (twice === next - high) high = next
    }
    return high
  }
}
