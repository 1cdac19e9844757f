import type { ByteReader } from './byte-reader.ts'

/** So much is searched at once at least, if there is so much. */
const windowBytes = 32 << 10
/** What can be before and behind the byte that is searched for. */
const lookBehind = 16
const lookAhead = 16
const nothing = new Uint8Array(0)

/**
 * Places where a pattern of `patterns.ts` may be: so that an item without any costs next to nothing. A string that holds no
 * such place holds no pattern, but for what is searched for in bodies only. Bytes are searched when they are asked for: values that go
 * anyway never are.
 *
 * Audit events have few capitals, `@` and backslashes. Searched for are:
 * - the J or the A of `eyJ` and `eyA`, as which a JSON Web Token begins;
 * - `Bearer` and `Basic`, or either all in capitals, by their B and two more letters;
 * - an `@` with only `://` and what may be a user before it;
 * - escapes of visible characters: they may be a part of anything;
 * - `PRIVATE`, and `LS0t`, which is how base64 of a PEM begins.
 *
 * `bearer`, `basic` and `eyA` are rarely meant, and their letters are common: they are searched for in items with bodies only. An item
 * at Metadata level keeps `bearer x` in small letters, unless something else brings it to a thorough look.
 */
export class Candidates {
  readonly #reader: ByteReader
  #bytes: Uint8Array = nothing
  /** Where what may be asked for begins and ends. */
  #first = 0
  #last = 0
  /** Items with bodies are searched for everything, and the reader has been filled with them. */
  #isItem = false
  #isThorough = false
  /** What has been searched. */
  #from = 0
  #to = 0
  #places = new Uint32Array(64)
  #count = 0

  constructor(reader: ByteReader) {
    this.#reader = reader
  }

  /** Bytes to ask for, but not for what is searched for in bodies only: a part of them fills the reader when it is asked for. */
  take(bytes: Uint8Array): void {
    this.#take(bytes, 0, bytes.length)
    this.#isItem = false
    this.#isThorough = false
  }

  /** The same of the item `bytes[start, end)`, which the reader is filled with as long as there are questions. */
  takeItem(bytes: Uint8Array, start: number, end: number, isThorough: boolean): void {
    this.#take(bytes, start, end)
    this.#isItem = true
    this.#isThorough = isThorough
  }

  anyIn(start: number, end: number): boolean {
    if (start < this.#from || end > this.#to) this.#search(start, end)
    if (this.#count === 0) return false
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#places[middle]! < start) low = middle + 1
      else high = middle
    }
    return low < this.#count && this.#places[low]! < end
  }

  #take(bytes: Uint8Array, first: number, last: number): void {
    this.#bytes = bytes
    this.#first = first
    this.#last = last
    this.#from = 0
    this.#to = 0
    this.#count = 0
  }

  /** Places in what is asked for, and in what comes next, as it will be asked for then. Those found before are forgotten. */
  #search(from: number, end: number): void {
    const bytes = this.#bytes
    const to = Math.min(this.#last, Math.max(end, from + windowBytes))
    let filledFrom = this.#first
    if (!this.#isItem) {
      filledFrom = Math.max(this.#first, from - lookBehind)
      this.#reader.fill(bytes, filledFrom, Math.min(this.#last, to + lookAhead))
    }
    this.#from = from
    this.#to = to
    this.#count = 0
    this.#reader.search(from - filledFrom, to - filledFrom, this.#isThorough, (found) => {
      const place = filledFrom + found
      if (bytes[place] !== AT_SIGN || isInAuthority(bytes, this.#first, place)) this.#add(place)
    })
  }

  #add(place: number): void {
    if (this.#count === this.#places.length) {
      const larger = new Uint32Array(this.#count * 2)
      larger.set(this.#places)
      this.#places = larger
    }
    this.#places[this.#count++] = place
  }
}

const AT_SIGN = 0x40

/** Only `://` and what may be a user stand before it. Stops at another `@`, so that many of them cost no square. */
function isInAuthority(bytes: Uint8Array, first: number, at: number): boolean {
  let i = at - 1
  while (i >= first && !isAuthorityStart(bytes[i]!)) i--
  if (i < first || bytes[i] !== 0x2f) return false
  // JSON may write a slash with a backslash before it.
  const second = bytes[i - 1] === 0x5c ? i - 2 : i - 1
  if (bytes[second] !== 0x2f) return false
  return bytes[second - 1] === 0x3a || (bytes[second - 1] === 0x5c && bytes[second - 2] === 0x3a)
}

/** `/`, `@`, a quote or white space. */
function isAuthorityStart(byte: number): boolean {
  return byte === 0x2f || byte === 0x40 || byte === 0x22 || byte <= 0x20
}
