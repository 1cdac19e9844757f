import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { inSpec, makeCertificateRequest, pemOf } from '../../support/certificate-requests.ts'
import { newRedactor, redactedBody, redactedEvent, redactedText } from './support.ts'

const resource = 'certificatesigningrequests'
const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.CANARYsignature'

let pem: string
let request: string

beforeAll(async () => {
  pem = await makeCertificateRequest('CN=alice, O=system:masters, OU=CANARY', [
    { type: 'dns', value: 'api.example.com' },
  ])
  request = inSpec(pem)
})

/** What stands in the place of the request. */
function names(): object {
  return {
    redacted: `[redacted:${request.length}]`,
    commonName: 'alice',
    organizations: ['system:masters'],
    dnsNames: ['api.example.com'],
    keyAlgorithm: 'ECDSA P-256',
  }
}

describe('the request of a CertificateSigningRequest', () => {
  it('goes, and the names that it asks for stay in its place', () => {
    const csr = { kind: 'CertificateSigningRequest', spec: { request, signerName: 'a' } }
    const redacted = { ...csr, spec: { request: names(), signerName: 'a' } }
    expect(redactedBody(csr, resource)).toEqual(redacted)
    expect(redactedBody(csr, resource, 'approval')).toEqual(redacted)
    expect(redactedBody({ kind: 'List', items: [{ a: csr }] }, 'pods')).toEqual({
      kind: 'List',
      items: [{ a: redacted }],
    })
    expect(redactedBody({ text: JSON.stringify(csr) })).toEqual({ text: JSON.stringify(redacted) })
  })

  it('does so in lists, tables and patches', () => {
    expect(
      redactedBody({ items: [{ spec: { request } }, { spec: { request: 'CANARY' } }] }, resource),
    ).toEqual({
      items: [{ spec: { request: names() } }, { spec: { request: '[redacted:6]' } }],
    })
    expect(redactedBody({ rows: [{ object: { spec: { request } } }] }, resource)).toEqual({
      rows: [{ object: { spec: { request: names() } } }],
    })
    expect(
      redactedBody(
        [
          { op: 'replace', path: '/spec/request', value: request },
          { op: 'add', path: '/spec', value: { request } },
          { op: 'add', path: '/status/request', value: request },
        ],
        resource,
      ),
    ).toEqual([
      { op: 'replace', path: '/spec/request', value: names() },
      { op: 'add', path: '/spec', value: { request: names() } },
      { op: 'add', path: '/status/request', value: `[redacted:${request.length}]` },
    ])
  })

  it('goes whole when it is none, and so does everything that is no text', () => {
    for (const [value, redacted] of [
      [inSpec('CANARY'), '[redacted:8]'],
      ['', ''],
      [12, '[redacted:2]'],
      [['CANARY'], ['[redacted:6]']],
      [{ commonName: 'CANARY' }, '[redacted:23]'],
      [{ redacted: 'CANARY', commonName: 'CANARY' }, '[redacted:43]'],
      [null, null],
    ])
      expect(redactedBody({ spec: { request: value } }, resource)).toEqual({
        spec: { request: redacted },
      })
  })

  it('loses of its names what looks like a credential', async () => {
    const made = await makeCertificateRequest(
      `CN=Bearer CANARY0123456789abcdef, O=${token}, O=${'x'.repeat(250)}${token}`,
      [{ type: 'url', value: 'https://me:CANARY@example.com/' }],
    )
    const redactor = newRedactor()
    const item = (value: unknown): string =>
      JSON.stringify({ objectRef: { resource }, requestObject: { spec: { request: value } } })
    const redacted = redactedText(item(inSpec(made)), redactor)
    expect(redacted).not.toContain('CANARY')
    expect(JSON.parse(redacted)).toMatchObject({
      requestObject: {
        spec: {
          request: {
            commonName: expect.stringMatching(/^Bearer \[redacted:/),
            organizations: [
              expect.stringMatching(/^\[redacted:/),
              expect.stringMatching(/^x{250}\[redac$/),
            ],
            uris: [expect.stringMatching(/^https:\/\/me:\[redacted:.*\]@example.com\/$/)],
            isCut: true,
          },
        },
      },
    })
    expect(redactor.takeCounts()).toEqual({ body: 1, pattern: 4 })
  })

  it('is known again by its marker', () => {
    const [first, second] = [request, request].map((value) => {
      const event = { objectRef: { resource }, requestObject: { spec: { request: value } } }
      return redactedEvent(event)
    })
    expect(first).toEqual(second)
  })

  it('leaves JSON that redacting again does not change, whatever its bytes are', () => {
    const bytes = Buffer.from(pem.split('\n').slice(1, -1).join(''), 'base64')
    const changed = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }).map((changes) => {
      const copy = Buffer.from(bytes)
      for (const [at, value] of changes) copy[at % copy.length] = value
      return pemOf(copy)
    })
    fc.assert(
      fc.property(fc.oneof(changed, fc.string({ unit: 'binary' })), (text) => {
        const event = {
          objectRef: { resource },
          responseObject: { spec: { request: inSpec(text) } },
        }
        const once = redactedText(JSON.stringify(event))
        expect(JSON.parse(once)).toBeDefined()
        expect(redactedText(once)).toBe(once)
      }),
      { numRuns: 2_000 },
    )
  })
})
