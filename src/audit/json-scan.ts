/**
 * A strict JSON validator over bytes (RFC 8259, what `JSON.parse` accepts), which builds nothing.
 * Every function takes the place where something begins and gives the place where it ends, or a negative code.
 * Bytes beyond ASCII pass inside strings: that they are UTF-8 is checked natively, over the whole buffer.
 */

/** All well as far as the bytes go, but they stop inside. */
export const UNFINISHED = -1
/** The code for bytes that no continuation could make valid, which also tells where: less than UNFINISHED. */
export function invalidAt(i: number): number {
  return UNFINISHED - 1 - i
}
/** The place that an invalid code tells. */
export function invalidPlace(code: number): number {
  return UNFINISHED - 1 - code
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a

/** The first byte at or after `i` that is not JSON white space. */
export function spaceEnd(view: DataView, i: number, stop: number): number {
  while (i < stop) {
    const byte = view.getUint8(i)
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break
    i++
  }
  return i
}

/**
 * From the first byte behind the opening quote to the closing quote: the hot loop of the whole program.
 * Four bytes at once, as one number: which is the first below 0x23, or a backslash? (A borrow spoils only bytes above it.)
 */
export function stringEnd(view: DataView, i: number, stop: number): number {
  const lastPair = stop - 8
  for (;;) {
    while (i <= lastPair) {
      let special = specialBytes(view.getInt32(i, true))
      if (special !== 0) {
        i += firstByte(special)
        break
      }
      special = specialBytes(view.getInt32(i + 4, true))
      if (special !== 0) {
        i += 4 + firstByte(special)
        break
      }
      i += 8
    }
    if (i >= stop) return UNFINISHED
    const byte = view.getUint8(i)
    if (byte === QUOTE) return i
    if (byte === BACKSLASH) {
      i = escapeEnd(view, i + 1, stop)
      if (i < 0) return i
    } else if (byte < 0x20) return invalidAt(i)
    else i++
  }
}

/** The sign bit of a byte is set if it is below 0x23, or a backslash, at least for the lowest such byte. */
function specialBytes(word: number): number {
  const noBackslash = word ^ 0x5c5c5c5c
  return (((noBackslash - 0x01010101) & ~noBackslash) | ((word - 0x23232323) & ~word)) & 0x80808080
}

function firstByte(signs: number): number {
  return (31 - Math.clz32(signs & -signs)) >>> 3
}

function escapeEnd(view: DataView, i: number, stop: number): number {
  if (i >= stop) return UNFINISHED
  switch (view.getUint8(i)) {
    case 0x22: // "
    case 0x5c: // \
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return i + 1
    case 0x75: // u
      for (let digit = i + 1; digit <= i + 4; digit++) {
        if (digit >= stop) return UNFINISHED
        if (!isHexDigit(view.getUint8(digit))) return invalidAt(digit)
      }
      return i + 5
    default:
      return invalidAt(i)
  }
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

/** From the first byte of a number to the first behind it. A number at the very end is UNFINISHED: more digits may come. */
function numberEnd(view: DataView, i: number, stop: number): number {
  if (view.getUint8(i) === 0x2d) i++
  if (i < stop && view.getUint8(i) === 0x30) i++
  else {
    i = digitsEnd(view, i, stop)
    if (i < 0) return i
  }
  if (i < stop && view.getUint8(i) === 0x2e) {
    i = digitsEnd(view, i + 1, stop)
    if (i < 0) return i
  }
  if (i < stop && (view.getUint8(i) | 0x20) === 0x65) {
    i++
    if (i < stop && (view.getUint8(i) === 0x2b || view.getUint8(i) === 0x2d)) i++
    i = digitsEnd(view, i, stop)
    if (i < 0) return i
  }
  return i < stop ? i : UNFINISHED
}

function digitsEnd(view: DataView, i: number, stop: number): number {
  if (i >= stop) return UNFINISHED
  if (!isDigit(view.getUint8(i))) return invalidAt(i)
  do i++
  while (i < stop && isDigit(view.getUint8(i)))
  return i
}

const literals: readonly (readonly number[])[] = ['true', 'false', 'null'].map((word) =>
  Array.from(word, (letter) => letter.charCodeAt(0)),
)

function literalEnd(view: DataView, i: number, stop: number): number {
  const word = literals.find((letters) => letters[0] === view.getUint8(i))
  if (word === undefined) return invalidAt(i)
  for (let at = 0; at < word.length; at++) {
    if (i + at >= stop) return UNFINISHED
    if (view.getUint8(i + at) !== word[at]) return invalidAt(i)
  }
  return i + word.length
}

/** From behind a key's closing quote, over the colon, to the first byte of the value. */
export function colonEnd(view: DataView, i: number, stop: number): number {
  if (i + 1 < stop && view.getUint8(i) === COLON && view.getUint8(i + 1) > 0x20) return i + 1
  i = spaceEnd(view, i, stop)
  if (i >= stop) return UNFINISHED
  if (view.getUint8(i) !== COLON) return invalidAt(i)
  i = spaceEnd(view, i + 1, stop)
  return i < stop ? i : UNFINISHED
}

/** From white space before a key to the first byte of its value. */
function memberStart(view: DataView, i: number, stop: number): number {
  i = spaceEnd(view, i, stop)
  if (i >= stop) return UNFINISHED
  if (view.getUint8(i) !== QUOTE) return invalidAt(i)
  i = stringEnd(view, i + 1, stop)
  return i < 0 ? i : colonEnd(view, i + 1, stop)
}

/** Walks values without recursion: nesting costs a byte a level, never stack. */
export class ValueScanner {
  /** The most containers that were ever open at once, the outer ones too. Set it to 0 before a new count. */
  deepest = 0
  /** The closing bracket that each open container waits for. */
  #closers = new Uint8Array(256)

  /** From the first byte of a value, inside `outer` containers, to the first behind it. */
  end(view: DataView, i: number, stop: number, outer: number): number {
    let depth = 0
    for (;;) {
      if (i >= stop) return UNFINISHED
      const first = view.getUint8(i)
      if (first === QUOTE) {
        i = stringEnd(view, i + 1, stop)
        if (i < 0) return i
        i++
      } else if (first === 0x7b || first === 0x5b) {
        const closer = first + 2
        this.#open(depth++, closer)
        this.reach(outer + depth)
        i = spaceEnd(view, i + 1, stop)
        if (i >= stop) return UNFINISHED
        if (view.getUint8(i) !== closer) {
          if (first === 0x7b) i = memberStart(view, i, stop)
          if (i < 0) return i
          continue
        }
      } else {
        i = scalarEnd(view, i, stop)
        if (i < 0) return i
      }
      for (;;) {
        if (depth === 0) return i
        if (i < stop && view.getUint8(i) <= 0x20) i = spaceEnd(view, i, stop)
        if (i >= stop) return UNFINISHED
        const next = view.getUint8(i++)
        const closer = this.#closers[depth - 1]!
        if (next === COMMA) {
          i = closer === 0x7d ? memberStart(view, i, stop) : spaceEnd(view, i, stop)
          if (i < 0) return i
          break
        }
        if (next !== closer) return invalidAt(i)
        depth--
      }
    }
  }

  /** Notes that a container is open, by its number from outside. */
  reach(depth: number): void {
    if (depth > this.deepest) this.deepest = depth
  }

  #open(depth: number, closer: number): void {
    if (depth === this.#closers.length) {
      const larger = new Uint8Array(depth * 2)
      larger.set(this.#closers)
      this.#closers = larger
    }
    this.#closers[depth] = closer
  }
}

function scalarEnd(view: DataView, i: number, stop: number): number {
  const first = view.getUint8(i)
  return first === 0x2d || isDigit(first) ? numberEnd(view, i, stop) : literalEnd(view, i, stop)
}
