/** An address as four 32-bit words; IPv4 stands where IPv6 maps it (`::ffff:a.b.c.d`). */
type Words = readonly [number, number, number, number]

const mappedPrefix = 0xffff

/** A network of IPv4 or IPv6 addresses. */
export interface Network {
  readonly words: Words
  /** Length of the prefix within 128 bits. */
  readonly prefix: number
}

/** Reads `192.0.2.0/24`, `2001:db8::/32` or a bare address. A text in place of a network says what is wrong. */
export function parseNetwork(text: string): Network | string {
  const [address = '', length, ...rest] = text.split('/')
  const words = parseAddress(address)
  if (words === undefined || rest.length > 0) return `\`${text}\` is no network in CIDR notation`
  const isV4 = !address.includes(':')
  const bits = isV4 ? 32 : 128
  if (length !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(length))
    return `\`/${length}\` is no prefix length`
  const given = length === undefined ? bits : Number(length)
  if (given > bits) return `the prefix length of \`${text}\` is over ${bits}`
  const prefix = isV4 ? given + 96 : given
  const network = { words, prefix }
  for (let word = 0; word < 4; word++) {
    if ((words[word]! & ~maskOf(prefix, word)) !== 0) {
      return `\`${text}\` has bits set behind its prefix; write the first address of the network`
    }
  }
  return network
}

/**
 * A test of one address in text form: whether it lies in any of the networks. IPv4 lies in an IPv6 network only when
 * that is written in the mapped range.
 */
export function compileNetworks(networks: readonly Network[]): (text: string) => boolean {
  return (text) => {
    const address = parseAddress(text)
    if (address === undefined) return false
    for (const network of networks) if (contains(network, address)) return true
    return false
  }
}

/** Whether the text is an IPv4 or IPv6 address, as `compileNetworks` reads them. */
export function isAddress(text: string): boolean {
  return parseAddress(text) !== undefined
}

function contains({ words, prefix }: Network, address: Words): boolean {
  if (prefix < 96 && isMapped(address)) return false
  for (let word = 0; word < 4; word++) {
    if (((address[word]! ^ words[word]!) & maskOf(prefix, word)) !== 0) return false
  }
  return true
}

function isMapped([a, b, c]: Words): boolean {
  return a === 0 && b === 0 && c === mappedPrefix
}

/** The bits of 32-bit word `word` that a prefix covers. */
function maskOf(prefix: number, word: number): number {
  const bits = Math.min(32, Math.max(0, prefix - word * 32))
  return bits === 0 ? 0 : -1 << (32 - bits)
}

/** Undefined for anything but one address in text form. */
export function parseAddress(text: string): Words | undefined {
  if (text.length > 45) return undefined
  if (text.includes(':')) return parseV6(text)
  const v4 = parseV4(text)
  return v4 === undefined ? undefined : [0, 0, mappedPrefix, v4]
}

/** Dotted decimal without leading zeros, which some readers take for octal. */
function parseV4(text: string): number | undefined {
  let word = 0
  let octet = -1
  let octets = 0
  for (let i = 0; i <= text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit >= 0 && digit <= 9) {
      if (octet === 0) return undefined
      octet = (octet < 0 ? 0 : octet * 10) + digit
      if (octet > 255) return undefined
      continue
    }
    if (octet < 0 || (i < text.length && text[i] !== '.')) return undefined
    word = (word << 8) | octet
    octets += 1
    octet = -1
  }
  return octets === 4 ? word : undefined
}

function parseV6(text: string): Words | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0] ?? '', halves.length === 1)
  const tail = halves[1] === undefined ? [] : parseGroups(halves[1], true)
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail]
  const word = (at: number): number => ((groups[at] ?? 0) << 16) | (groups[at + 1] ?? 0)
  return [word(0), word(2), word(4), word(6)]
}

/** Groups of 16 bits between colons; the last may be dotted decimal and stands for two. */
function parseGroups(text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16))
      continue
    }
    const word = mayEndInV4 && index === parts.length - 1 ? parseV4(part) : undefined
    if (word === undefined) return undefined
    groups.push(word >>> 16, word & 0xffff)
  }
  return groups
}
