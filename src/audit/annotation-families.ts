import { foldedHash } from '../util/hash.ts'

/**
 * Annotation keys whose ends vary (the number of a webhook, the name of a host), with what they begin with: all of a family
 * are one key of the Bloom filter over annotation keys.
 */
export const annotationFamilies = {
  failedOpen: ['failed-open.', 'imagepolicywebhook.image-policy.k8s.io/failed-open'],
  weakCertificate: ['missing-san.', 'insecure-sha1.'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type AnnotationFamily = keyof typeof annotationFamilies

/** The bit of a family in the Bloom filter. */
export function familyBit(family: AnnotationFamily): number {
  return bitOfHash(foldedHash(annotationFamilies[family][0]))
}

/** The bit of an annotation key in the Bloom filter. */
export function annotationKeyBit(key: string): number {
  const family = families.find(({ prefixes }) => prefixes.some((prefix) => key.startsWith(prefix)))
  return family?.bit ?? bitOfHash(foldedHash(key))
}

/** The same of a key as bytes; `hash` is its folded hash. */
export function annotationKeyBitOfBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  hash: number,
): number {
  for (const { beginnings, bit } of families) {
    for (const beginning of beginnings) {
      if (beginsWith(bytes, start, end, beginning)) return bit
    }
  }
  return bitOfHash(hash)
}

/** These bits of the hash, as with them hardly a key that rules ask for shares one with those of ordinary events. */
function bitOfHash(hash: number): number {
  return 1 << (hash >>> 5)
}

function beginsWith(bytes: Uint8Array, start: number, end: number, beginning: Uint8Array): boolean {
  if (end - start < beginning.length) return false
  for (let i = 0; i < beginning.length; i++) {
    if (bytes[start + i] !== beginning[i]) return false
  }
  return true
}

const families = Object.values(annotationFamilies).map((prefixes) => ({
  prefixes,
  beginnings: prefixes.map((prefix) => new TextEncoder().encode(prefix)),
  bit: bitOfHash(foldedHash(prefixes[0])),
}))
