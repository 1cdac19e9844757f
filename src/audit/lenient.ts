import { UNFINISHED } from './json-scan.ts'

/**
 * Finds ends in bytes that need not be valid JSON, by quotes and brackets alone. It goes on across buffers.
 * A line that begins with a bracket begins a new document, whatever the quotes say: no string holds a raw line break.
 */
export class BracketWalk {
  #depth = 0
  #isInString = false
  #isEscaped = false
  #isAtLineStart = false

  /** The first byte behind the bracket that closes the first one, or a bracket at a line's start, or UNFINISHED. */
  end(bytes: Uint8Array, start: number, stop: number): number {
    for (let i = start; i < stop; i++) {
      const byte = bytes[i]!
      if (this.#isAtLineStart && isOpening(byte)) return i
      this.#isAtLineStart = byte === 0x0a
      if (this.#isEscaped) this.#isEscaped = false
      else if (this.#isInString) {
        if (byte === 0x5c) this.#isEscaped = true
        else if (byte === 0x22) this.#isInString = false
      } else if (byte === 0x22) this.#isInString = true
      else if (isOpening(byte)) this.#depth++
      else if ((byte === 0x7d || byte === 0x5d) && --this.#depth === 0) return i + 1
    }
    return UNFINISHED
  }
}

export function isOpening(byte: number | undefined): boolean {
  return byte === 0x7b || byte === 0x5b
}
