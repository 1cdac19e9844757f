import { type DerValue, derTags, derValues, derValuesIn, oidOf, textOf } from './der.ts'

/** 1.2.840.113549.1.9.14 and 2.5.29.17. */
const extensionRequest = '2a864886f70d01090e'
const subjectAltName = '551d11'

/** The kinds of GeneralName (RFC 5280, 4.2.1.6), context-specific and primitive. */
const generalNames = { dns: 0x82, uri: 0x86, ip: 0x87 } as const

interface AlternativeNames {
  readonly dnsNames: string[]
  readonly ipAddresses: string[]
  readonly uris: string[]
}

/** The names that the extensions in a request's attributes ask for beside the subject. */
export function alternativeNamesOf(
  bytes: Uint8Array,
  attributes: DerValue | undefined,
): AlternativeNames {
  const found: AlternativeNames = { dnsNames: [], ipAddresses: [], uris: [] }
  for (const attribute of derValuesIn(bytes, attributes, 0xa0) ?? []) {
    const [type, values] = derValuesIn(bytes, attribute, derTags.sequence) ?? []
    if (oidOf(bytes, type) !== extensionRequest) continue
    for (const extensions of derValuesIn(bytes, values, derTags.set) ?? []) {
      for (const extension of derValuesIn(bytes, extensions, derTags.sequence) ?? [])
        addAlternativeNames(bytes, extension, found)
    }
  }
  return found
}

function addAlternativeNames(
  bytes: Uint8Array,
  extension: DerValue,
  found: AlternativeNames,
): void {
  const parts = derValuesIn(bytes, extension, derTags.sequence) ?? []
  const content = parts.at(-1)
  if (oidOf(bytes, parts[0]) !== subjectAltName || content?.tag !== derTags.octetString) return
  const [list] = derValues(bytes, content) ?? []
  for (const name of derValuesIn(bytes, list, derTags.sequence) ?? []) {
    if (name.tag === generalNames.dns) found.dnsNames.push(textOf(bytes, name))
    else if (name.tag === generalNames.uri) found.uris.push(textOf(bytes, name))
    else if (name.tag === generalNames.ip) found.ipAddresses.push(addressOf(bytes, name))
  }
}

function addressOf(bytes: Uint8Array, { start, end }: DerValue): string {
  const octets = Buffer.from(bytes.subarray(start, end))
  if (octets.length === 4) return octets.join('.')
  if (octets.length !== 16) return octets.subarray(0, 16).toString('hex')
  const groups = octets.toString('hex').match(/.{4}/g) ?? []
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
