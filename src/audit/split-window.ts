import { isUtf8 } from 'node:buffer'
import { spaceEnd } from './json-scan.ts'
import { isOpening } from './lenient.ts'

const COMMA = 0x2c
const NEWLINE = 0x0a

/** What is in sight of an input that is split: it begins where the last one was left. Places are counted from its first byte. */
export class SplitWindow {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** No bytes come behind these. */
  readonly isFinal: boolean
  readonly isUtf8: boolean
  /** The first byte that is not used up. */
  position = 0
  /** Where the window begins in the input, and the byte before it. */
  readonly #base: number
  readonly #byteBefore: number
  readonly #maxItemBytes: number

  constructor(bytes: Uint8Array, isFinal: boolean, maxItemBytes: number, last?: SplitWindow) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.isFinal = isFinal
    this.isUtf8 = isUtf8(bytes)
    this.#base = last === undefined ? 0 : last.offsetOf(last.position)
    this.#byteBefore = last === undefined ? NEWLINE : last.#byteAt(last.position - 1)
    this.#maxItemBytes = maxItemBytes
  }

  /** In the whole input. */
  offsetOf(place: number): number {
    return this.#base + place
  }

  /** Where the bytes end that are looked at for something that begins at `start`. */
  stop(start: number): number {
    return Math.min(this.bytes.length, start + this.#maxItemBytes)
  }

  /** More bytes may come, and something that begins at `start` may have them. */
  mayWait(start: number): boolean {
    return !this.isFinal && this.bytes.length - start < this.#maxItemBytes
  }

  isLineStart(start: number): boolean {
    return this.#byteAt(start - 1) === NEWLINE
  }

  /** A line begins with this bracket, so it may be a document of its own. */
  isDocumentAt(start: number): boolean {
    return isOpening(this.bytes[start]) && this.isLineStart(start)
  }

  /** Moves over white space and commas, and `isOutside` of everything over byte order marks; gives the place of what comes then. */
  skipSeparators(isOutside: boolean): number {
    const { bytes } = this
    let i = this.position
    for (;;) {
      i = spaceEnd(this.view, i, bytes.length)
      if (bytes[i] === COMMA) i++
      else if (!isOutside || !isMarkAt(bytes, i)) break
      else if (i + 3 <= bytes.length) i += 3
      else if (this.isFinal) break
      else {
        this.position = i
        return bytes.length
      }
    }
    this.position = i
    return i
  }

  #byteAt(i: number): number {
    return i < 0 ? this.#byteBefore : this.bytes[i]!
  }
}

/** A byte order mark, or what the bytes hold of one. */
function isMarkAt(bytes: Uint8Array, i: number): boolean {
  return (
    bytes[i] === 0xef &&
    (i + 1 >= bytes.length || bytes[i + 1] === 0xbb) &&
    (i + 2 >= bytes.length || bytes[i + 2] === 0xbf)
  )
}
