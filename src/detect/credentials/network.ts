import { parseAddress } from '../../util/cidr.ts'

/**
 * The network around an address, as far as one is commonly given to one place: 24 bits of IPv4, 64 of IPv6.
 * What is no address is a network of its own.
 */
export function networkOf(ip: string): string {
  const words = parseAddress(ip)
  if (words === undefined) return ip
  const [a, b, , d] = words
  return isV4(words) ? `4/${d >>> 8}` : `6/${a >>> 0}/${b >>> 0}`
}

/** Two addresses of which one may be the other's host over the other protocol: nothing follows from that they differ. */
export function areComparable(ip: string, other: string): boolean {
  return isV4(parseAddress(ip)) === isV4(parseAddress(other))
}

function isV4(words: ReturnType<typeof parseAddress>): boolean {
  return words !== undefined && words[0] === 0 && words[1] === 0 && words[2] === 0xffff
}
