import { expect, it } from 'vitest'
import {
  annotationKeyBit,
  annotationKeyBitOfBytes,
  familyBit,
} from '../../src/audit/annotation-families.ts'
import { foldedHash } from '../../src/util/hash.ts'

const keys = [
  'failed-open.validating.webhook.admission.k8s.io/round_0_index_12',
  'failed-open.',
  'failed-open',
  'imagepolicywebhook.image-policy.k8s.io/failed-open',
  'missing-san.invalid-cert.kubernetes.io/hook.shop.svc',
  'insecure-sha1.invalid-cert.kubernetes.io/hook.shop.svc',
  'authorization.k8s.io/decision',
  'x',
]

it('keys of a family share a bit, whatever they end with', () => {
  expect(annotationKeyBit(keys[0]!)).toBe(familyBit('failedOpen'))
  expect(annotationKeyBit(keys[3]!)).toBe(familyBit('failedOpen'))
  expect(annotationKeyBit(keys[4]!)).toBe(familyBit('weakCertificate'))
  expect(annotationKeyBit(keys[5]!)).toBe(familyBit('weakCertificate'))
})

it('the bytes of a key give the bit of its text', () => {
  for (const key of keys) {
    const bytes = Buffer.from(`"${key}"`)
    expect(annotationKeyBitOfBytes(bytes, 1, bytes.length - 1, foldedHash(key)), key).toBe(
      annotationKeyBit(key),
    )
  }
})
