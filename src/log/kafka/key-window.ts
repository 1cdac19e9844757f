const keysPerChunk = 256
const chunks = 256

/**
 * The keys that a group has had of a partition lately: a record that comes once more is not given again. Saved with the
 * cursor in chunks of which each commit rewrites the last, the oldest giving their place to new ones: at least 65,280 keys.
 */
export class KeyWindow {
  readonly #known = new Set<string>()
  /** By number of the chunk, which only grows; its place in the state is the number modulo their count. */
  readonly #chunks = new Map<number, string[]>()
  /** Had, and not saved yet, in order. */
  #unsaved: { readonly offset: number; readonly key: string }[] = []
  #last = 0

  /** The saved chunks, in any order. */
  static restore(saved: Iterable<Uint8Array>): KeyWindow {
    const window = new KeyWindow()
    const read = [...saved].map((bytes) => {
      const [number = '', ...keys] = Buffer.from(bytes).toString().split('\n')
      return { number: Number(number), keys }
    })
    for (const { number, keys } of read.toSorted((a, b) => a.number - b.number)) {
      window.#chunks.set(number, keys)
      window.#last = number
      for (const key of keys) window.#known.add(key)
    }
    return window
  }

  /** False when the key was had before. */
  take(offset: number, key: string): boolean {
    if (this.#known.has(key)) return false
    this.#known.add(key)
    this.#unsaved.push({ offset, key })
    return true
  }

  /** What to save with a cursor at this offset: chunks by their place. */
  save(nextOffset: number): ReadonlyMap<string, Buffer> {
    const changed = new Set<number>()
    const due = this.#unsaved.filter(({ offset }) => offset < nextOffset)
    this.#unsaved = this.#unsaved.filter(({ offset }) => offset >= nextOffset)
    for (const { key } of due) changed.add(this.#append(key))
    return new Map(
      [...changed].map((number) => [
        String(number % chunks),
        Buffer.from([number, ...(this.#chunks.get(number) ?? [])].join('\n')),
      ]),
    )
  }

  #append(key: string): number {
    const last = this.#chunks.get(this.#last)
    if (last !== undefined && last.length < keysPerChunk) last.push(key)
    else {
      this.#last += last === undefined ? 0 : 1
      this.#chunks.set(this.#last, [key])
      const gone = this.#chunks.get(this.#last - chunks)
      this.#chunks.delete(this.#last - chunks)
      for (const old of gone ?? []) this.#known.delete(old)
    }
    return this.#last
  }
}
