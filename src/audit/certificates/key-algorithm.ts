import { type DerValue, derTags, derValues, derValuesIn, oidOf } from './der.ts'

/** 1.2.840.113549.1.1.1 and 1.2.840.10045.2.1. */
const rsa = '2a864886f70d010101'
const ec = '2a8648ce3d0201'
const curves: ReadonlyMap<string, string> = new Map([
  ['2b81040021', 'P-224'],
  ['2a8648ce3d030107', 'P-256'],
  ['2b81040022', 'P-384'],
  ['2b81040023', 'P-521'],
])
const keysWithoutParameters: ReadonlyMap<string, string> = new Map([
  ['2b6570', 'Ed25519'],
  ['2b6571', 'Ed448'],
])

/** Of a SubjectPublicKeyInfo (RFC 5280, 4.1): `RSA 2048`, `ECDSA P-256`, `Ed25519`; undefined for others. */
export function keyAlgorithmOf(bytes: Uint8Array, key: DerValue): string | undefined {
  const [algorithm, bits] = derValues(bytes, key) ?? []
  const [type, parameters] = derValuesIn(bytes, algorithm, derTags.sequence) ?? []
  const oid = oidOf(bytes, type)
  if (oid === ec) {
    const curve = curves.get(oidOf(bytes, parameters))
    return curve === undefined ? 'ECDSA' : `ECDSA ${curve}`
  }
  return oid === rsa ? rsaOf(bytes, bits) : keysWithoutParameters.get(oid)
}

/** The modulus is the first number of the key; its length without the octet for its sign. */
function rsaOf(bytes: Uint8Array, bits: DerValue | undefined): string {
  if (bits?.tag !== derTags.bitString) return 'RSA'
  const [key] = derValues(bytes, { start: bits.start + 1, end: bits.end }) ?? []
  const [modulus] = derValuesIn(bytes, key, derTags.sequence) ?? []
  if (modulus?.tag !== derTags.integer) return 'RSA'
  const start = bytes[modulus.start] === 0 ? modulus.start + 1 : modulus.start
  return `RSA ${(modulus.end - start) * 8}`
}
