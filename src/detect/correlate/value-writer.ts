import { hash } from 'node:crypto'

/** 64 bits of a value. */
export type ValueWords = readonly [high: number, low: number]

/** Makes words of values. The same value once more costs nothing: one event is often counted by many rules. */
export class ValueWriter {
  #last: string | undefined
  #lastWords: ValueWords = [0, 0]

  /** Of SHA-256: nobody finds two texts that count as one. */
  words(text: string): ValueWords {
    if (text === this.#last) return this.#lastWords
    const digest = hash('sha256', text, 'hex')
    this.#last = text
    this.#lastWords = [wordAt(digest, 0), wordAt(digest, 8)]
    return this.#lastWords
  }
}

function wordAt(hex: string, at: number): number {
  return Number.parseInt(hex.slice(at, at + 8), 16)
}
