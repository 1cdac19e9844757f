/** Things by the time at which they are due, earliest first; things of equal time in the order of their keys. */
export class DueHeap<T extends { readonly key: string }> {
  readonly #times: number[] = []
  readonly #things: T[] = []

  /** `Infinity` when there is nothing. */
  get earliestUs(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY
  }

  push(timeUs: number, thing: T): void {
    let at = this.#times.push(timeUs) - 1
    this.#things.push(thing)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(at, parent)) break
      this.#swap(at, parent)
      at = parent
    }
  }

  pop(): T | undefined {
    const first = this.#things[0]
    const last = this.#times.length - 1
    if (last < 0) return undefined
    this.#swap(0, last)
    this.#times.pop()
    this.#things.pop()
    for (let at = 0; ; ) {
      const left = at * 2 + 1
      if (left >= last) break
      const right = left + 1
      const child = right < last && this.#isBefore(right, left) ? right : left
      if (!this.#isBefore(child, at)) break
      this.#swap(child, at)
      at = child
    }
    return first
  }

  #isBefore(a: number, b: number): boolean {
    const byTime = this.#times[a]! - this.#times[b]!
    return byTime === 0 ? this.#things[a]!.key < this.#things[b]!.key : byTime < 0
  }

  #swap(a: number, b: number): void {
    const time = this.#times[a]!
    this.#times[a] = this.#times[b]!
    this.#times[b] = time
    const thing = this.#things[a]!
    this.#things[a] = this.#things[b]!
    this.#things[b] = thing
  }
}
