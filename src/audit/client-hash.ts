import { ABSENT, hashOfBytes, UNKNOWN } from '../util/hash.ts'
import { type Recurring, recurring } from './item-keys.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const CLOSING = 0x5d

/**
 * What a value adds to the hashes of an item's client: all bytes of the user and of the user agent, but of the addresses
 * only the last, for the others are what the client claims.
 */
export function recurringHash(
  bytes: Uint8Array,
  start: number,
  end: number,
  which: Recurring,
): number {
  if (which === recurring.reason) return ABSENT
  return which === recurring.sourceIPs
    ? peerIpHash(bytes, start, end)
    : hashOfBytes(bytes, start, end)
}

/** UNKNOWN unless the value is an array that ends in a plain text. */
function peerIpHash(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[end - 1] !== CLOSING || bytes[end - 2] !== QUOTE) return UNKNOWN
  let from = end - 3
  while (from > start && bytes[from] !== QUOTE) from--
  const isPlain = from < end - 3 && from > start && bytes[from - 1] !== BACKSLASH
  return isPlain ? hashOfBytes(bytes, from + 1, end - 2) : UNKNOWN
}
