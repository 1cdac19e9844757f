import { hash } from 'node:crypto'

/** Of a character code: what it is as a hexadecimal digit in lower case; -1 when it is none. */
const digits = Int8Array.from({ length: 256 }, (_, code) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(code)),
)

function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code < 256 ? digits[code]! : -1
}

/** Four hexadecimal digits as a number; below zero when they are none. */
function halfAt(text: string, at: number): number {
  return (
    (digitAt(text, at) << 12) |
    (digitAt(text, at + 1) << 8) |
    (digitAt(text, at + 2) << 4) |
    digitAt(text, at + 3)
  )
}

/** Where the half words stand in 32 digits, and in a UUID. */
const halvesOfHex = [0, 4, 8, 12, 16, 20, 24, 28]
const halvesOfUuid = [0, 4, 9, 14, 19, 24, 28, 32]
const hyphens = [8, 13, 18, 23]

/** Writes as many words. False when not all of it are digits; what is written then has no meaning. */
function writeHalves(
  text: string,
  halves: readonly number[],
  words: Uint32Array,
  at: number,
  count: number,
): boolean {
  for (let i = 0; i < count; i++) {
    const high = halfAt(text, halves[i * 2]!)
    const low = halfAt(text, halves[i * 2 + 1]!)
    if ((high | low) < 0) return false
    words[at + i] = (high << 16) | low
  }
  return true
}

/**
 * Writes a text as 128 bits, or the first 64 of them: its own hexadecimal digits when it has 32 of them, else what it
 * hashes to. Returns whether it can be read back from all four words.
 */
function writeWords(text: string, words: Uint32Array, at: number, count: 2 | 4): boolean {
  if (text.length === 32 && writeHalves(text, halvesOfHex, words, at, count)) return true
  writeHalves(sha(text), halvesOfHex, words, at, count)
  return false
}

/** Writes a UUID in lower case, as all but odd audit ids are. */
function writeUuid(text: string, words: Uint32Array, at: number): boolean {
  if (text.length !== 36) return false
  for (const place of hyphens) if (text.charCodeAt(place) !== 0x2d) return false
  return writeHalves(text, halvesOfUuid, words, at, 4)
}

/** 64 bits of a value. */
export type ValueWords = readonly [high: number, low: number]

/** Makes words of values. The same value once more costs nothing: one event is often counted by many rules. */
export class ValueWriter {
  readonly #words = new Uint32Array(2)
  #last: string | undefined
  #lastWords: ValueWords = [0, 0]

  /** Of SHA-256: nobody finds two texts that count as one. */
  words(text: string): ValueWords {
    if (text === this.#last) return this.#lastWords
    writeHalves(sha(text), halvesOfHex, this.#words, 0, 2)
    this.#last = text
    this.#lastWords = [this.#words[0]!, this.#words[1]!]
    return this.#lastWords
  }
}

/** Writes words as the texts that they were. */
export class WordTexts {
  readonly #bytes = Buffer.alloc(16)

  /** Four words as 32 hexadecimal digits. */
  hex(words: ArrayLike<number>, at: number): string {
    for (let i = 0; i < 4; i++) this.#bytes.writeUInt32BE(words[at + i]!, i * 4)
    return this.#bytes.toString('hex')
  }

  uuid(words: ArrayLike<number>, at: number): string {
    const hex = this.hex(words, at)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }
}

/** The ids of an event as words: for all rules that it is an observation of. */
export class IdWords {
  /** Four of the id, four of the audit id, two of the request. */
  readonly words = new Uint32Array(10)
  /** The id can be read back from its words. */
  isHex = false
  isUuid = false

  write(id: string, auditID: string, requestId: string): void {
    const { words } = this
    this.isHex = writeWords(id, words, 0, 4)
    this.isUuid = writeUuid(auditID, words, 4)
    if (!this.isUuid) words.fill(0, 4, 8)
    writeWords(requestId, words, 8, 2)
  }
}

function sha(text: string): string {
  return hash('sha256', text, 'hex')
}
