import { FOUND, MAX_FOUND } from './layout'

/*
 * Places where a credential may be that is recognised by its look: rare bytes first, 16 at once, then what stands around them.
 * What is found, and why, says `src/audit/redact/candidates.ts`.
 */

const CAPITAL_B: i32 = 0x42
const CAPITAL_J: i32 = 0x4a
const CAPITAL_L: i32 = 0x4c
const CAPITAL_P: i32 = 0x50
const AT_SIGN: i32 = 0x40
const BACKSLASH: i32 = 0x5c
const SMALL_B: i32 = 0x62
const SMALL_Y: i32 = 0x79

/** How many places there are. */
export let found: i32 = 0

/** Searches `[start, end)`, and gives the address up to which it has: less than `end` when no more places can be noted. */
export function search(start: i32, end: i32, isThorough: bool): i32 {
  found = 0
  let i = start
  for (; i < end; i += 32) {
    let here = rare(i)
    let there = rare(i + 16)
    if (isThorough) {
      here = v128.or(here, common(i))
      there = v128.or(there, common(i + 16))
    }
    if (!v128.any_true(v128.or(here, there))) continue
    if (found + 32 > MAX_FOUND) return i
    note(i, i8x16.bitmask(here) | (i8x16.bitmask(there) << 16), end)
  }
  return end
}

function note(i: i32, bits: i32, end: i32): void {
  for (let hits = bits; hits !== 0; hits &= hits - 1) {
    const at = i + ctz(hits)
    if (at < end && holds(at)) store<i32>(FOUND + 4 * found++, at)
  }
}

function isByte(bytes: v128, byte: i32): v128 {
  return i8x16.eq(bytes, i8x16.splat(byte as i8))
}

function isPair(bytes: v128, next: v128, first: i32, second: i32): v128 {
  return v128.and(isByte(bytes, first), isByte(next, second))
}

/** The first byte of all that is rare; and H, which only looks like one. */
function rare(i: i32): v128 {
  const bytes = v128.load(i)
  return v128.or(
    v128.or(isByte(v128.and(bytes, i8x16.splat(0xf5 as i8)), AT_SIGN), isByte(bytes, BACKSLASH)),
    v128.or(isByte(bytes, CAPITAL_P), isByte(bytes, CAPITAL_L)),
  )
}

/** `be`, `ba` and `yA`. */
function common(i: i32): v128 {
  const bytes = v128.load(i)
  const next = v128.load(i + 1)
  return v128.or(
    isPair(bytes, v128.and(next, i8x16.splat(0xfb as i8)), SMALL_B, 0x61),
    isPair(bytes, next, SMALL_Y, 0x41),
  )
}

function holds(at: i32): bool {
  switch (load<u8>(at) as i32) {
    case CAPITAL_J:
      return load<u8>(at - 1) === 0x79 && load<u8>(at - 2) === 0x65
    case CAPITAL_B:
      return isScheme(at)
    case BACKSLASH:
      return isHidingEscape(at)
    case CAPITAL_P: // PRIVATE
      return load<u32>(at) === 0x56495250 && load<u32>(at + 3) === 0x45544156
    case CAPITAL_L: // LS0t
      return load<u32>(at) === 0x7430534c
    case SMALL_B: // bearer, basic
      return load<u8>(at + 1) === 0x65
        ? load<u32>(at) === 0x72616562 && load<u16>(at + 4) === 0x7265
        : load<u32>(at) === 0x69736162 && load<u8>(at + 4) === 0x63
    case SMALL_Y: // eyA
      return load<u8>(at - 1) === 0x65
    default:
      return load<u8>(at) === AT_SIGN
  }
}

/** Bearer, Basic, or either all in capitals. */
function isScheme(at: i32): bool {
  const second: i32 = (load<u8>(at + 1) as i32) | 0x20
  const third: i32 = (load<u8>(at + 2) as i32) | 0x20
  return (second === 0x65 && third === 0x61) || (second === 0x61 && third === 0x73)
}

/**
 * An escape of a visible ASCII character other than the three that Go's encoder escapes (`& < >`): it may be part of
 * a pattern that no search sees.
 */
function isHidingEscape(at: i32): bool {
  if (load<u8>(at + 1) !== 0x75 || load<u16>(at + 2) !== 0x3030) return false
  const high: i32 = load<u8>(at + 4)
  if (high < 0x32 || high > 0x37) return false
  const low: i32 = (load<u8>(at + 5) as i32) | 0x20
  if (high === 0x32) return low !== 0x36
  return high !== 0x33 || (low !== 0x63 && low !== 0x65)
}
