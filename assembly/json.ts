/**
 * A strict JSON validator over bytes (RFC 8259, what `JSON.parse` accepts), which builds nothing.
 * Every function takes the address where something begins and gives the address where it ends, or a negative code.
 * Behind `stop` there are 16 bytes at least that can be read. Bytes beyond ASCII pass inside strings: that they are UTF-8 is
 * checked elsewhere, over the whole buffer.
 */

/** All well as far as the bytes go, but they stop inside. */
export const UNFINISHED: i32 = -1

/** The code for bytes that no continuation could make valid, which also tells where: less than UNFINISHED. */
export function invalidAt(i: i32): i32 {
  return UNFINISHED - 1 - i
}

const QUOTE: i32 = 0x22
const BACKSLASH: i32 = 0x5c
const COMMA: i32 = 0x2c
const COLON: i32 = 0x3a

/** The most containers that were ever open at once, the outer ones too. */
export let deepest: i32 = 0
/** Where there is a bit for each level: of an open container, whether it is an object. As many as there are bytes to scan. */
let levels: i32 = 0

export function setDeepest(depth: i32): void {
  deepest = depth
}

/** Notes that a container is open, by its number from outside. */
export function reach(depth: i32): void {
  if (depth > deepest) deepest = depth
}

export function setLevels(address: i32): void {
  levels = address
}

/** The first byte at or after `i` that is not JSON white space. */
export function spaceEnd(i: i32, stop: i32): i32 {
  while (i < stop) {
    const byte: i32 = load<u8>(i)
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break
    i++
  }
  return i
}

/** From the first byte behind the opening quote to the closing quote: 16 bytes at once. */
export function stringEnd(i: i32, stop: i32): i32 {
  while (true) {
    let special: i32 = 0
    while (true) {
      if (i >= stop) return UNFINISHED
      const bytes = v128.load(i)
      special = i8x16.bitmask(
        v128.or(
          v128.or(
            i8x16.eq(bytes, i8x16.splat(QUOTE as i8)),
            i8x16.eq(bytes, i8x16.splat(BACKSLASH as i8)),
          ),
          i8x16.lt_u(bytes, i8x16.splat(0x20)),
        ),
      )
      if (special !== 0) break
      i += 16
    }
    i += ctz(special)
    if (i >= stop) return UNFINISHED
    const byte: i32 = load<u8>(i)
    if (byte === QUOTE) return i
    if (byte !== BACKSLASH) return invalidAt(i)
    i = escapeEnd(i + 1, stop)
    if (i < 0) return i
  }
}

function escapeEnd(i: i32, stop: i32): i32 {
  if (i >= stop) return UNFINISHED
  switch (load<u8>(i) as i32) {
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
        if (!isHexDigit(load<u8>(digit))) return invalidAt(digit)
      }
      return i + 5
    default:
      return invalidAt(i)
  }
}

function isHexDigit(byte: i32): bool {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}

export function isDigit(byte: i32): bool {
  return byte >= 0x30 && byte <= 0x39
}

/** From the first byte of a number to the first behind it. A number at the very end is UNFINISHED: more digits may come. */
function numberEnd(i: i32, stop: i32): i32 {
  if (load<u8>(i) === 0x2d) i++
  if (i < stop && load<u8>(i) === 0x30) i++
  else {
    i = digitsEnd(i, stop)
    if (i < 0) return i
  }
  if (i < stop && load<u8>(i) === 0x2e) {
    i = digitsEnd(i + 1, stop)
    if (i < 0) return i
  }
  if (i < stop && ((load<u8>(i) as i32) | 0x20) === 0x65) {
    i++
    if (i < stop && (load<u8>(i) === 0x2b || load<u8>(i) === 0x2d)) i++
    i = digitsEnd(i, stop)
    if (i < 0) return i
  }
  return i < stop ? i : UNFINISHED
}

function digitsEnd(i: i32, stop: i32): i32 {
  if (i >= stop) return UNFINISHED
  if (!isDigit(load<u8>(i))) return invalidAt(i)
  do i++
  while (i < stop && isDigit(load<u8>(i)))
  return i
}

/** `true`, `null`, or `false`, of which the first letter has been compared. */
function literalEnd(i: i32, stop: i32): i32 {
  switch (load<u8>(i) as i32) {
    case 0x74:
      return lettersEnd(i, stop, 0x65757274, 4)
    case 0x6e:
      return lettersEnd(i, stop, 0x6c6c756e, 4)
    case 0x66:
      return lettersEnd(i, stop, 0x65736c6166, 5)
    default:
      return invalidAt(i)
  }
}

function lettersEnd(i: i32, stop: i32, letters: u64, count: i32): i32 {
  for (let place = 0; place < count; place++, letters >>= 8) {
    if (i + place >= stop) return UNFINISHED
    if (load<u8>(i + place) !== ((letters & 0xff) as u8)) return invalidAt(i)
  }
  return i + count
}

/** From behind a key's closing quote to the first byte of its value. */
export function colonEnd(i: i32, stop: i32): i32 {
  if (i + 1 < stop && load<u8>(i) === COLON && load<u8>(i + 1) > 0x20) return i + 1
  i = spaceEnd(i, stop)
  if (i >= stop) return UNFINISHED
  if (load<u8>(i) !== COLON) return invalidAt(i)
  i = spaceEnd(i + 1, stop)
  return i < stop ? i : UNFINISHED
}

/** From white space before a key to the first byte of its value. */
function memberStart(i: i32, stop: i32): i32 {
  if (i >= stop) return UNFINISHED
  if (load<u8>(i) <= 0x20) {
    i = spaceEnd(i, stop)
    if (i >= stop) return UNFINISHED
  }
  if (load<u8>(i) !== QUOTE) return invalidAt(i)
  i = stringEnd(i + 1, stop)
  return i < 0 ? i : colonEnd(i + 1, stop)
}

/** From the first byte of a value, inside `outer` containers, to the first behind it. Without recursion. */
export function valueEnd(i: i32, stop: i32, outer: i32): i32 {
  let depth: i32 = 0
  while (true) {
    if (i >= stop) return UNFINISHED
    const first: i32 = load<u8>(i)
    if (first === QUOTE) {
      i = stringEnd(i + 1, stop)
      if (i < 0) return i
      i++
    } else if (first === 0x7b || first === 0x5b) {
      open(depth++, first === 0x7b)
      reach(outer + depth)
      i = spaceEnd(i + 1, stop)
      if (i >= stop) return UNFINISHED
      if (load<u8>(i) !== ((first + 2) as u8)) {
        if (first === 0x7b) i = memberStart(i, stop)
        if (i < 0) return i
        continue
      }
    } else {
      i = first === 0x2d || isDigit(first) ? numberEnd(i, stop) : literalEnd(i, stop)
      if (i < 0) return i
    }
    while (true) {
      if (depth === 0) return i
      if (i < stop && load<u8>(i) <= 0x20) i = spaceEnd(i, stop)
      if (i >= stop) return UNFINISHED
      const next: i32 = load<u8>(i++)
      const isInObject = isObject(depth - 1)
      if (next === COMMA) {
        i = isInObject ? memberStart(i, stop) : spaceEnd(i, stop)
        if (i < 0) return i
        break
      }
      if (next !== (isInObject ? 0x7d : 0x5d)) return invalidAt(i)
      depth--
    }
  }
}

function open(depth: i32, isObject: bool): void {
  const at = levels + (depth >> 3)
  const bit = 1 << (depth & 7)
  const before: i32 = load<u8>(at)
  store<u8>(at, isObject ? before | bit : before & ~bit)
}

function isObject(depth: i32): bool {
  return ((load<u8>(levels + (depth >> 3)) >> ((depth & 7) as u8)) & 1) !== 0
}
