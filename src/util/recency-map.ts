/** A map that knows which of its entries was put longest ago, in constant time. */
export class RecencyMap<K, V> {
  readonly #values = new Map<K, V>()
  /** Goes on over changes; what lies before it is gone, or was put again. */
  #rest: Iterator<[K, V]> | undefined
  #oldest: [K, V] | undefined

  get size(): number {
    return this.#values.size
  }

  get(key: K): V | undefined {
    return this.#values.get(key)
  }

  /** It is the newest entry now, whether it was there before or not. */
  put(key: K, value: V): void {
    this.delete(key)
    this.#values.set(key, value)
  }

  delete(key: K): boolean {
    if (this.#oldest?.[0] === key) this.#oldest = undefined
    return this.#values.delete(key)
  }

  /** The entry that was put longest ago. Starting over would step over all that was deleted in front of it. */
  oldest(): readonly [key: K, value: V] | undefined {
    if (this.#oldest !== undefined || this.#values.size === 0) return this.#oldest
    let next = this.#rest?.next()
    if (next === undefined || next.done === true) {
      this.#rest = this.#values.entries()
      next = this.#rest.next()
    }
    if (next.done !== true) this.#oldest = next.value
    return this.#oldest
  }

  /** Oldest first; may be changed while it is gone through. */
  entries(): [K, V][] {
    return [...this.#values]
  }

  /** Oldest first; may be changed while it is gone through. */
  values(): V[] {
    return [...this.#values.values()]
  }
}
