/** Numbers in order; each is put in and taken out by one move of what is behind it. */
export class SortedNumbers {
  #numbers = new Float64Array(16)
  #length = 0

  add(number: number): void {
    if (this.#length === this.#numbers.length) {
      const grown = new Float64Array(this.#length * 2)
      grown.set(this.#numbers)
      this.#numbers = grown
    }
    const at = this.#placeOf(number)
    this.#numbers.copyWithin(at + 1, at, this.#length)
    this.#numbers[at] = number
    this.#length += 1
  }

  /** Of a number that is there. */
  remove(number: number): void {
    const at = this.#placeOf(number)
    this.#numbers.copyWithin(at, at + 1, this.#length)
    this.#length -= 1
  }

  clear(): void {
    this.#length = 0
  }

  /** 0 = the lowest, 100 = the highest, linear between the two that are closest to the rank. */
  percentile(percent: number): number {
    const rank = (percent / 100) * (this.#length - 1)
    const below = Math.floor(rank)
    const low = this.#numbers[below]!
    const high = this.#numbers[Math.min(below + 1, this.#length - 1)]!
    return low + (high - low) * (rank - below)
  }

  #placeOf(number: number): number {
    let low = 0
    let high = this.#length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#numbers[middle]! < number) low = middle + 1
      else high = middle
    }
    return low
  }
}
