import { foldedHash } from '../../util/hash.ts'

/** Anything that is kept has a weight: it may grow, never shrink. */
export interface Weighted {
  readonly weight: number
}

/**
 * What is kept of a set without end: in the order of a hash of their keys, the first entries whose weights come to no more
 * than the limit. Which ones depends on the set alone, not on the order or the part in which they came: an entry that stays
 * in the union was never dropped from a part. In memory it may hold twice the limit, so that an entry more costs little.
 */
export class KeptByHash<Value extends Weighted> {
  readonly #limit: number
  readonly #values = new Map<string, Value>()
  /** Entries from here on are dropped; undefined = nothing was. */
  #cut: string | undefined
  #weight = 0

  constructor(limit: number, cut?: string) {
    this.#limit = limit
    this.#cut = cut
  }

  get cut(): string | undefined {
    return this.#cut
  }

  get(key: string): Value | undefined {
    return this.#values.get(key)
  }

  /** The entry of the key, made if it is new; undefined when it is one of those that are dropped. */
  getOrAdd(key: string, make: () => Value): Value | undefined {
    const found = this.#values.get(key)
    if (found !== undefined) return found
    if (this.#cut !== undefined && placeOf(key) >= this.#cut) return undefined
    const value = make()
    this.#values.set(key, value)
    this.grown(value.weight)
    return value
  }

  /** To be told whenever the weight of an entry grew. */
  grown(by: number): void {
    this.#weight += by
    if (this.#weight > 2 * this.#limit) this.trim()
  }

  /** Drops everything from there on. */
  cutAt(cut: string | undefined): void {
    if (cut === undefined || (this.#cut !== undefined && this.#cut <= cut)) return
    this.#cut = cut
    for (const [key, value] of this.#values) {
      if (placeOf(key) < cut) continue
      this.#values.delete(key)
      this.#weight -= value.weight
    }
  }

  /** Drops what is beyond the limit. */
  trim(): void {
    if (this.#weight <= this.#limit) return
    let weight = 0
    for (const [place, value] of this.#inOrder()) {
      weight += value.weight
      if (weight <= this.#limit) continue
      this.cutAt(place)
      return
    }
  }

  /** In no order to rely on, at most the limit. */
  entries(): Value[] {
    this.trim()
    return [...this.#values.values()]
  }

  #inOrder(): [string, Value][] {
    const placed = [...this.#values].map(([key, value]): [string, Value] => [placeOf(key), value])
    return sortedByKey(placed, ([place]) => place)
  }
}

/** In the order of their keys, which are computed once each. */
export function sortedByKey<Value>(
  values: readonly Value[],
  keyOf: (value: Value) => string,
): Value[] {
  return values
    .map((value): readonly [string, Value] => [keyOf(value), value])
    .sort(([a], [b]) => (a < b ? -1 : a === b ? 0 : 1))
    .map(([, value]) => value)
}

/** The hash, then the key, for keys with the same one. */
function placeOf(key: string): string {
  // Text beyond ASCII has no folded hash; escaped it has.
  const hash = foldedHash(encodeURIComponent(key.toWellFormed()))
  return hash.toString(16).padStart(8, '0') + key
}
