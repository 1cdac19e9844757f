import { Pkcs10CertificateRequest } from '@peculiar/x509'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { readCertificateRequest } from '../../../src/audit/certificates/certificate-request.ts'
import { inSpec, makeCertificateRequest, pemOf } from '../../support/certificate-requests.ts'

const san = [
  { type: 'dns', value: 'api.example.com' },
  { type: 'ip', value: '192.0.2.7' },
  { type: 'ip', value: '2001:db8::7' },
  { type: 'url', value: 'spiffe://example.com/web' },
  { type: 'email', value: 'not-kept@example.com' },
] as const

/** `openssl req -new -utf8 -subj '/O=kubeadm:cluster-admins/O=Übung/CN=first/CN=system:node:worker-1' -addext subjectAltName=… -text` */
const byOpenssl = `Certificate Request:
    Data:
        Version: 1 (0x0)
-----BEGIN CERTIFICATE REQUEST-----
MIIBSDCB7wIBADBhMR8wHQYDVQQKDBZrdWJlYWRtOmNsdXN0ZXItYWRtaW5zMQ8w
DQYDVQQKDAbDnGJ1bmcxDjAMBgNVBAMMBWZpcnN0MR0wGwYDVQQDDBRzeXN0ZW06
bm9kZTp3b3JrZXItMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDDFH7jPOJEs
ryH2uBWx0gBL9JnQiYmPy2YszGd/3/SaueZZpH6bBTYRkSlY2BM5lvR1sQkVd9Lo
1iJokR/Jz5igLDAqBgkqhkiG9w0BCQ4xHTAbMBkGA1UdEQQSMBCCCHdvcmtlci0x
hwTAAAIIMAoGCCqGSM49BAMCA0gAMEUCIQDb7u8Z8+8fk3VwnxVlryB9PxuKnKAK
Ou1bUJ9wcQCQDwIgAsJR6fIXmZO5/bRPbcLNlP4Co0QaG5eJpHZg/UxG9f8=
-----END CERTIFICATE REQUEST-----
`

let pem: string
let der: Uint8Array

beforeAll(async () => {
  pem = await makeCertificateRequest('CN=alice, O=ops, O=system:masters, OU=not kept', [...san])
  der = new Uint8Array(new Pkcs10CertificateRequest(pem).rawData)
})

describe('a request for a certificate', () => {
  it('is read for its subject, its names and its key', () => {
    expect(readCertificateRequest(inSpec(pem))).toEqual({
      commonName: 'alice',
      organizations: ['ops', 'system:masters'],
      dnsNames: ['api.example.com'],
      ipAddresses: ['192.0.2.7', '2001:db8::7'],
      uris: ['spiffe://example.com/web'],
      keyAlgorithm: 'ECDSA P-256',
    })
  })

  it.each([
    [{ name: 'ECDSA', namedCurve: 'P-384' }, 'ECDSA P-384'],
    [
      {
        name: 'RSASSA-PKCS1-v1_5',
        modulusLength: 2048,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: 'SHA-256',
      },
      'RSA 2048',
    ],
    [{ name: 'Ed25519' as const }, 'Ed25519'],
  ])('has a key of the kind %j', async (algorithm, keyAlgorithm) => {
    const made = await makeCertificateRequest('CN=bob', [], algorithm)
    expect(readCertificateRequest(inSpec(made))).toEqual({ commonName: 'bob', keyAlgorithm })
  })

  it('is read as well when another program made it', () => {
    expect(readCertificateRequest(inSpec(byOpenssl))).toEqual({
      commonName: 'system:node:worker-1',
      organizations: ['kubeadm:cluster-admins', 'Übung'],
      dnsNames: ['worker-1'],
      ipAddresses: ['192.0.2.8'],
      keyAlgorithm: 'ECDSA P-256',
    })
  })

  it('is not read where the API server could read another one, or none', () => {
    const body = pem.split('\n').slice(1, -2).join('\n')
    for (const text of [
      '',
      'CANARY',
      body,
      pem + pem,
      `-----BEGIN X-----\n!\n-----END X-----\n${pem}`,
      pem.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'),
      pem.replace('-----END CERTIFICATE REQUEST-----', ''),
      pem.replace('\n', '\n!'),
      pemOf(Buffer.concat([der, der])),
      pemOf(der.subarray(0, -1)),
      pem + ' '.repeat(32_768),
    ])
      expect([text.slice(0, 80), readCertificateRequest(inSpec(text))]).toEqual([
        text.slice(0, 80),
        undefined,
      ])
  })

  it('is told of with no more than 64 names of a kind and 256 characters each, and says so', async () => {
    const many = Array.from({ length: 100 }, (_, i) => ({
      type: 'dns' as const,
      value: `${'x'.repeat(i)}.example.com`,
    }))
    const read = readCertificateRequest(
      inSpec(await makeCertificateRequest(`CN=${'n'.repeat(300)}`, many)),
    )
    expect(read).toEqual({
      commonName: 'n'.repeat(256),
      dnsNames: many.slice(0, 64).map(({ value }) => value),
      keyAlgorithm: 'ECDSA P-256',
      isCut: true,
    })
  })

  it('passes every text through what cleans it before it is shortened', async () => {
    const long = `CN=${'n'.repeat(300)}, O=ops`
    const read = readCertificateRequest(inSpec(await makeCertificateRequest(long)), (text) =>
      String(text.length),
    )
    expect(read).toEqual({ commonName: '300', organizations: ['3'], keyAlgorithm: '11' })
  })

  it('is read or not, but does no harm, whatever its bytes are', () => {
    const changed = fc
      .array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const bytes = Uint8Array.from(der)
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        return bytes
      })
    const bytes = fc.oneof(changed, fc.uint8Array({ maxLength: 300 }))
    fc.assert(
      fc.property(bytes, (of) => {
        const read = readCertificateRequest(inSpec(pemOf(of)))
        for (const value of Object.values(read ?? {}).flat())
          expect(typeof value === 'string' ? value.length : 0).toBeLessThanOrEqual(256)
      }),
      { numRuns: 3_000 },
    )
  })
})
