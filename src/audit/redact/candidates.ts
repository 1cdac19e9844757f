import type { ByteReader } from './byte-reader.ts'

const windowBytes = 64 << 10
/** What can be before and behind the byte that is searched for. */
const lookBehind = 16
const lookAhead = 16

/**
 * Places where a pattern of `patterns.ts` may be: so that an item without any costs next to nothing. A string that holds no
 * such place holds no pattern, but for what is searched for in bodies only.
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
  #places = new Uint32Array(64)
  #count = 0

  constructor(reader: ByteReader) {
    this.#reader = reader
  }

  /** Forgets what it knew, and searches bytes of any number, but not for what is searched for in bodies only. */
  searchAll(bytes: Uint8Array): void {
    this.#count = 0
    for (let from = 0; from < bytes.length; from += windowBytes) {
      const to = Math.min(bytes.length, from + windowBytes)
      const filledFrom = Math.max(0, from - lookBehind)
      this.#reader.fill(bytes, filledFrom, Math.min(bytes.length, to + lookAhead))
      this.#search(bytes, 0, from, to, filledFrom, false)
    }
  }

  /** Forgets what it knew, and searches the item `bytes[start, end)`, which the reader has been filled with. */
  searchItem(bytes: Uint8Array, start: number, end: number, isThorough: boolean): void {
    this.#count = 0
    this.#search(bytes, start, start, end, start, isThorough)
  }

  anyIn(start: number, end: number): boolean {
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

  /** Searches `bytes[from, to)`, in which nothing stands before `first`; the reader has been filled from `filledFrom` on. */
  #search(
    bytes: Uint8Array,
    first: number,
    from: number,
    to: number,
    filledFrom: number,
    isThorough: boolean,
  ): void {
    this.#reader.search(from - filledFrom, to - filledFrom, isThorough, (found) => {
      const place = filledFrom + found
      if (bytes[place] !== AT_SIGN || isInAuthority(bytes, first, place)) this.#add(place)
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
