import { beforeAll, describe, expect, it } from 'vitest'
import { inSpec, makeCertificateRequest } from '../../support/certificate-requests.ts'
import { readEvents } from '../../support/recordings.ts'
import { redactedEvent } from '../redact/support.ts'
import { readField } from './support.ts'

const group = 'certificates.k8s.io'
const fields = [
  'csrCommonName',
  'csrOrganizations',
  'csrDnsNames',
  'csrIpAddresses',
  'csrUris',
  'csrKeyAlgorithm',
  'csrReading',
  'csrSigner',
  'csrRequester',
  'csrConditions',
]

function fieldsOf(raw: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const values = readField(raw, field)
      return values === undefined ? [] : [[field, values]]
    }),
  )
}

function csr(requestObject: object, more: object = {}): Record<string, unknown> {
  return {
    stage: 'ResponseComplete',
    verb: 'create',
    objectRef: { apiGroup: group, resource: 'certificatesigningrequests' },
    requestObject,
    ...more,
  }
}

let request: string

beforeAll(async () => {
  request = inSpec(
    await makeCertificateRequest('CN=alice, O=ops', [
      { type: 'dns', value: 'api' },
      { type: 'ip', value: '192.0.2.7' },
      { type: 'url', value: 'spiffe://example.com/web' },
    ]),
  )
})

describe('a CertificateSigningRequest', () => {
  it('tells what it asks for, before it is redacted and after', () => {
    const raw = csr({
      spec: { request, signerName: 'example.com/signer', username: 'bob' },
      status: { conditions: [{ type: 'Approved' }] },
    })
    const told = {
      csrCommonName: ['alice'],
      csrOrganizations: ['ops'],
      csrDnsNames: ['api'],
      csrIpAddresses: ['192.0.2.7'],
      csrUris: ['spiffe://example.com/web'],
      csrKeyAlgorithm: ['ECDSA P-256'],
      csrReading: ['whole'],
      csrSigner: ['example.com/signer'],
      csrRequester: ['bob'],
      csrConditions: ['Approved'],
    }
    expect(fieldsOf(raw)).toEqual(told)
    expect(fieldsOf(redactedEvent(raw))).toEqual(told)
  })

  it('says how much of its request was read', async () => {
    const long = inSpec(await makeCertificateRequest(`CN=${'n'.repeat(300)}`))
    for (const [value, reading] of [
      [request, ['whole']],
      [long, ['cut']],
      [inSpec('no request'), ['unread']],
      [12, ['unread']],
      ['', undefined],
      [null, undefined],
    ]) {
      const raw = csr({ spec: { request: value } })
      expect(readField(raw, 'csrReading')).toEqual(reading)
      expect(readField(redactedEvent(raw), 'csrReading')).toEqual(reading)
    }
  })

  it('is one only in its API group, and when it is written', () => {
    const body = { spec: { request } }
    for (const more of [
      { verb: 'get' },
      { objectRef: { apiGroup: group, resource: 'widgets' } },
      { objectRef: { apiGroup: 'example.com', resource: 'certificatesigningrequests' } },
    ])
      expect(fieldsOf(csr(body, more))).toEqual({})
  })

  it('has the names of the recorded attack in every event about it', () => {
    const told = readEvents('attacks/csr-admin-certificate.rr.jsonl').flatMap((raw) => {
      const [name] = readField(redactedEvent(raw), 'csrCommonName') ?? []
      if (name === undefined) return []
      const organizations = readField(redactedEvent(raw), 'csrOrganizations')
      return [[raw['verb'], name, organizations, readField(raw, 'csrConditions')]]
    })
    expect(told).toEqual([
      ['create', 'kubernetes-admin', ['system:masters'], undefined],
      ['create', 'eve', ['acme:sre'], undefined],
      ['update', 'eve', ['acme:sre'], ['Approved']],
      ['update', 'eve', ['acme:sre'], ['Approved']],
    ])
  })
})
