import { expect, it } from 'vitest'
import {
  annotationFamilies,
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

it('keys that rules ask for share no bit with those of nearly every event', () => {
  const ordinary = [
    'authorization.k8s.io/decision',
    'authorization.k8s.io/reason',
    'authentication.kubernetes.io/issued-credential-id',
    'k8s.io/deprecated',
    'pod-security.kubernetes.io/enforce-policy',
  ].reduce((bits, key) => bits | annotationKeyBit(key), 0)
  const asked = [
    'authentication.k8s.io/legacy-token',
    'authentication.k8s.io/stale-token',
    'audit.k8s.io/truncated',
    'pod-security.kubernetes.io/audit-violations',
    'pod-security.kubernetes.io/exempt',
    'validation.policy.admission.k8s.io/validation_failure',
    annotationFamilies.failedOpen[0],
    annotationFamilies.weakCertificate[0],
  ]
  expect(asked.filter((key) => (annotationKeyBit(key) & ordinary) !== 0)).toEqual([])
})
