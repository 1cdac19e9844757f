/** Whether two stretches of `count` bytes, at least four, are the same. */
export function isSame(a: i32, b: i32, count: i32): bool {
  if (count >= 16) {
    const last = count - 16
    for (let at = 0; at < last; at += 16) {
      if (v128.any_true(v128.xor(v128.load(a + at), v128.load(b + at)))) return false
    }
    return !v128.any_true(v128.xor(v128.load(a + last), v128.load(b + last)))
  }
  if (count >= 8) {
    return load<u64>(a) === load<u64>(b) && load<u64>(a + count - 8) === load<u64>(b + count - 8)
  }
  return load<u32>(a) === load<u32>(b) && load<u32>(a + count - 4) === load<u32>(b + count - 4)
}

export function hasByte(start: i32, end: i32, wanted: u8): bool {
  for (let i = start; i < end; i++) if (load<u8>(i) === wanted) return true
  return false
}

/** The value was not there. */
export const ABSENT: u32 = 0
/** The bytes did not tell: decode to know. */
export const UNKNOWN: u32 = 1

/** As `foldedHashOfBytes` of the host. */
export function foldedHash(start: i32, end: i32): u32 {
  let hash: u32 = 0x811c9dc5
  for (let i = start; i < end; i++) {
    let code: u32 = load<u8>(i)
    if (code > 0x7f || code === 0x5c) return UNKNOWN
    if (code >= 0x41 && code <= 0x5a) code |= 0x20
    hash = (hash ^ code) * 0x01000193
  }
  return usable(hash)
}

/** One hash of two, whose order counts. UNKNOWN if one of them is; never ABSENT. */
export function combinedHash(a: u32, b: u32): u32 {
  if (a === UNKNOWN || b === UNKNOWN) return UNKNOWN
  const mixed: u32 = ((a ^ (a >> 15)) * 0x2c1b3c6d) ^ b
  return usable((mixed ^ (mixed >> 13)) * 0x297a2d39)
}

function usable(hash: u32): u32 {
  return hash <= UNKNOWN ? hash + 2 : hash
}

/** The decimal number of so many digits; negative when they are none. */
export function digitsAt(start: i32, digits: i32): i32 {
  let value: i32 = 0
  for (let i = start; i < start + digits; i++) {
    const digit = (load<u8>(i) as i32) - 0x30
    if (digit < 0 || digit > 9) return -1
    value = 10 * value + digit
  }
  return value
}
