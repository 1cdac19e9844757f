import { alternativeNamesOf } from './alternative-names.ts'
import { type DerValue, derTags, derValues, derValuesIn, oidOf, textOf } from './der.ts'
import { keyAlgorithmOf } from './key-algorithm.ts'

/**
 * Whose certificate is asked for, and what for: of a PKCS#10 request (RFC 2986) the parts of the subject that Kubernetes
 * reads as user and groups, the names that a server would have, and the kind of key. Absent is what the request does not have.
 */
export interface CertificateRequest {
  /** The last one, as Go reads it (`crypto/x509/pkix`, `FillFromRDNSequence`). */
  readonly commonName?: string
  readonly organizations?: readonly string[]
  readonly dnsNames?: readonly string[]
  readonly ipAddresses?: readonly string[]
  readonly uris?: readonly string[]
  /** `RSA 2048`, `ECDSA P-256`, `Ed25519`. */
  readonly keyAlgorithm?: string
  /** There are more names than are told here, or longer ones. */
  readonly isCut?: true
}

const longestBase64 = 32_768
const mostNames = 64
const longestName = 256

const begin = '-----BEGIN CERTIFICATE REQUEST-----'
const end = '-----END CERTIFICATE REQUEST-----'

/** 2.5.4.3 and 2.5.4.10. */
const commonName = '550403'
const organization = '55040a'

/**
 * Reads `spec.request` of a CertificateSigningRequest: base64 of PEM. Undefined for what is no such request, is over 32 KiB, or
 * holds more than one block of PEM, of which the API server could take another one. `clean` sees each text whole, before it is
 * shortened. Never throws, takes time linear in the text.
 *
 * A reader of our own, and not one of the libraries for X.509: the receiving thread needs it without waiting, about once an
 * hour, for a structure that is fixed to the last level, and loading one of them costs it 60 to 190 ms and 20 MB.
 */
export function readCertificateRequest(
  base64: string,
  clean: (text: string) => string = (text) => text,
): CertificateRequest | undefined {
  const bytes = derOf(base64)
  if (bytes === undefined) return undefined
  const [request, ...rest] = derValues(bytes, { start: 0, end: bytes.length }) ?? []
  const [info] = (rest.length === 0 && derValuesIn(bytes, request, derTags.sequence)) || []
  const [version, subject, key, attributes] = derValuesIn(bytes, info, derTags.sequence) ?? []
  const names = namesOf(bytes, subject)
  if (version?.tag !== derTags.integer || names === undefined || key?.tag !== derTags.sequence)
    return undefined
  return bounded(
    {
      commonName: names.commonNames.at(-1),
      organizations: names.organizations,
      ...alternativeNamesOf(bytes, attributes),
      keyAlgorithm: keyAlgorithmOf(bytes, key),
    },
    clean,
  )
}

function derOf(base64: string): Uint8Array | undefined {
  if (base64.length > longestBase64) return undefined
  const pem = Buffer.from(base64, 'base64').toString('latin1')
  const from = pem.indexOf(begin)
  const to = pem.indexOf(end, from)
  if (
    from < 0 ||
    to < 0 ||
    pem.indexOf('-----BEGIN') !== from ||
    pem.lastIndexOf('-----BEGIN') !== from
  )
    return undefined
  const body = withoutHeaders(pem.slice(from + begin.length, to)).trim()
  return /^[A-Za-z0-9+/\s]+$/.test(body.replace(/={1,2}$/, ''))
    ? Buffer.from(body, 'base64')
    : undefined
}

/** Headers (RFC 1421) have a colon, and base64 has none. */
function withoutHeaders(lines: string): string {
  if (!lines.includes(':')) return lines
  return lines
    .split('\n')
    .filter((line) => !line.includes(':'))
    .join('\n')
}

function namesOf(
  bytes: Uint8Array,
  subject: DerValue | undefined,
): { readonly commonNames: string[]; readonly organizations: string[] } | undefined {
  const found = { commonNames: [] as string[], organizations: [] as string[] }
  const sets = derValuesIn(bytes, subject, derTags.sequence)
  if (sets === undefined) return undefined
  for (const set of sets) {
    const attributes = derValuesIn(bytes, set, derTags.set)
    if (attributes === undefined) return undefined
    for (const attribute of attributes) {
      const [type, value] = derValuesIn(bytes, attribute, derTags.sequence) ?? []
      if (value === undefined) return undefined
      const oid = oidOf(bytes, type)
      if (oid === commonName) found.commonNames.push(textOf(bytes, value))
      else if (oid === organization) found.organizations.push(textOf(bytes, value))
    }
  }
  return found
}

/** No more and no longer names than anybody needs, in a fixed order; empty lists are left out. */
function bounded(
  found: Readonly<Record<string, string | readonly string[] | undefined>>,
  clean: (text: string) => string,
): CertificateRequest {
  let isCut = false
  const shortened = (text: string): string => {
    const cleaned = clean(text)
    if (cleaned.length <= longestName) return cleaned
    isCut = true
    return cleaned.slice(0, longestName).toWellFormed()
  }
  const kept = Object.entries(found).flatMap(([name, value]): [string, unknown][] => {
    if (value === undefined || value.length === 0) return []
    if (typeof value === 'string') return [[name, shortened(value)]]
    const different = [...new Set(value)]
    isCut ||= different.length > mostNames
    return [[name, different.slice(0, mostNames).map(shortened)]]
  })
  return { ...Object.fromEntries(kept), ...(isCut ? { isCut } : {}) }
}
