/** One thing to search for: a piece of a pattern, and whether the pattern may be where the piece is. */
interface Search {
  /** A byte is found fastest. */
  readonly needle: number | Buffer
  readonly holds?: (bytes: Buffer, at: number) => boolean
}

/**
 * What a whole body is searched for. Native searches are as fast as the first byte of the needle is rare, and audit events
 * have few capitals, `@` and backslashes.
 */
const wholeBody: readonly Search[] = [
  // A JSON Web Token begins with ey; J and A come third.
  { needle: byteOf('J'), holds: isAfterEy },
  { needle: byteOf('B'), holds: isScheme },
  { needle: byteOf('@'), holds: isInAuthority },
  { needle: Buffer.from('\\u'), holds: isHidingEscape },
  { needle: Buffer.from('PRIVATE') },
  { needle: Buffer.from('LS0t') },
]

/**
 * Forms that are rarely meant, whose letters are too common to be searched for where there are no bodies: an item at
 * Metadata level keeps `bearer x` in small letters, unless something else brings it to a thorough look.
 */
const bodiesOnly: readonly Search[] = [
  { needle: Buffer.from('bearer') },
  { needle: Buffer.from('basic') },
  { needle: Buffer.from('yA'), holds: (bytes, at) => bytes[at - 1] === 0x65 },
]

/**
 * Places where a pattern of `patterns.ts` may be: so that an item without any costs next to nothing. A string that holds no
 * such place holds no pattern, but for what is searched for in bodies only.
 */
export class Candidates {
  readonly #common = new Places()
  readonly #inBody = new Places()

  /** Forgets what it knew, and searches `bytes[start, end)`. */
  search(bytes: Buffer, start: number, end: number): void {
    this.#common.search(bytes, start, end, wholeBody)
    this.#inBody.clear()
  }

  /** Searches an item with a body for the rest too. What it found in another is forgotten. */
  searchBody(bytes: Buffer, start: number, end: number): void {
    this.#inBody.search(bytes, start, end, bodiesOnly)
  }

  anyIn(start: number, end: number): boolean {
    return this.#common.anyIn(start, end) || this.#inBody.anyIn(start, end)
  }
}

/** Places in bytes, in order. */
class Places {
  #places = new Uint32Array(64)
  #count = 0

  clear(): void {
    this.#count = 0
  }

  search(bytes: Buffer, start: number, end: number, searches: readonly Search[]): void {
    this.#count = 0
    const area = bytes.subarray(start, end)
    for (const { needle, holds } of searches) {
      for (let at = area.indexOf(needle); at >= 0; at = area.indexOf(needle, at + 1)) {
        if (holds === undefined || holds(area, at)) this.#add(start + at)
      }
    }
    this.#places.subarray(0, this.#count).sort()
  }

  anyIn(start: number, end: number): boolean {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#places[middle]! < start) low = middle + 1
      else high = middle
    }
    return low < this.#count && this.#places[low]! < end
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

function byteOf(letter: string): number {
  return letter.charCodeAt(0)
}

function isAfterEy(bytes: Buffer, at: number): boolean {
  return bytes[at - 1] === 0x79 && bytes[at - 2] === 0x65
}

/** Bearer, Basic, or either all in capitals. */
function isScheme(bytes: Buffer, at: number): boolean {
  const second = bytes[at + 1]! | 0x20
  const third = bytes[at + 2]! | 0x20
  return (second === 0x65 && third === 0x61) || (second === 0x61 && third === 0x73)
}

/** Only `://` and what may be a user stand before it. Stops at another `@`, so that many of them cost no square. */
function isInAuthority(bytes: Buffer, at: number): boolean {
  let i = at - 1
  while (i >= 0 && !isAuthorityStart(bytes[i]!)) i--
  if (bytes[i] !== 0x2f) return false
  // JSON may write a slash with a backslash before it.
  const second = bytes[i - 1] === 0x5c ? i - 2 : i - 1
  if (bytes[second] !== 0x2f) return false
  return bytes[second - 1] === 0x3a || (bytes[second - 1] === 0x5c && bytes[second - 2] === 0x3a)
}

/** `/`, `@`, a quote or white space. */
function isAuthorityStart(byte: number): boolean {
  return byte === 0x2f || byte === 0x40 || byte === 0x22 || byte <= 0x20
}

/**
 * An escape of a visible ASCII character other than the three that Go's encoder escapes (`& < >`): it may be part of
 * a pattern that no search sees.
 */
function isHidingEscape(bytes: Buffer, at: number): boolean {
  if (bytes[at + 2] !== 0x30 || bytes[at + 3] !== 0x30) return false
  const high = bytes[at + 4]!
  if (high < 0x32 || high > 0x37) return false
  const low = bytes[at + 5]! | 0x20
  if (high === 0x32) return low !== 0x36
  return high !== 0x33 || (low !== 0x63 && low !== 0x65)
}
