/** The value was not there. */
export const ABSENT = 0
/** The bytes did not tell: decode to know. */
export const UNKNOWN = 1

/**
 * FNV-1a over ASCII text with letters folded to lower case: equal for texts that differ in case only.
 * Never ABSENT or UNKNOWN. Text with anything beyond ASCII, or a backslash, gives UNKNOWN, because folding it
 * needs more than a bit, and because in JSON bytes a backslash begins an escape.
 */
export function foldedHash(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i)
    if (code > 0x7f || code === 0x5c) return UNKNOWN
    if (code >= 0x41 && code <= 0x5a) code |= 0x20
    hash = Math.imul(hash ^ code, 0x01000193)
  }
  return usable(hash >>> 0)
}

/** `foldedHash` of the ASCII text in `bytes[start, end)`. */
export function foldedHashOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) {
    let code = bytes[i]!
    if (code > 0x7f || code === 0x5c) return UNKNOWN
    if (code >= 0x41 && code <= 0x5a) code |= 0x20
    hash = Math.imul(hash ^ code, 0x01000193)
  }
  return usable(hash >>> 0)
}

/** FNV-1a over `bytes[start, end)` as they are. Never ABSENT or UNKNOWN. */
export function hashOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return usable(hash >>> 0)
}

/** One hash of two, whose order counts. UNKNOWN if one of them is; never ABSENT. */
export function combinedHash(a: number, b: number): number {
  if (a === UNKNOWN || b === UNKNOWN) return UNKNOWN
  const mixed = Math.imul(a ^ (a >>> 15), 0x2c1b3c6d) ^ b
  return usable(Math.imul(mixed ^ (mixed >>> 13), 0x297a2d39) >>> 0)
}

function usable(hash: number): number {
  return hash <= UNKNOWN ? hash + 2 : hash
}
