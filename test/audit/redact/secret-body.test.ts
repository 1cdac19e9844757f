import { describe, expect, it } from 'vitest'
import { redactedBody, redactedEvent, redactedText, withoutHashes } from './support.ts'

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

describe('the body of something secret', () => {
  it('keeps of a Secret what is known to be harmless', () => {
    const secret = {
      kind: 'Secret',
      apiVersion: 'v1',
      metadata: {
        name: 'db',
        namespace: 'shop',
        labels: { app: 'db' },
        annotations: {
          'kubernetes.io/service-account.name': 'ci',
          'example.com/note': 'CANARY-in-annotation',
          [lastApplied]: '{"data":{"password":"CANARY"}}',
        },
        ownerReferences: [{ kind: 'X', name: 'y', controller: true }],
        managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:data': { 'f:password': {} } } }],
        creationTimestamp: null,
      },
      type: 'Opaque',
      immutable: true,
      data: { password: 'Q0FOQVJZ', 'empty.value': '' },
      stringData: { token: 'CANARY', number: 12, list: ['CANARY'], object: { a: 'CANARY' } },
      unknown: { field: 'CANARY' },
    }
    expect(redactedBody(secret)).toEqual({
      ...secret,
      metadata: {
        ...secret.metadata,
        annotations: {
          'kubernetes.io/service-account.name': 'ci',
          'example.com/note': '[redacted:20]',
          [lastApplied]: '[redacted:30]',
        },
      },
      data: { password: '[redacted:8]', 'empty.value': '' },
      stringData: {
        token: '[redacted:6]',
        number: '[redacted:2]',
        list: ['[redacted:6]'],
        object: '[redacted:14]',
      },
      unknown: '[redacted:18]',
    })
  })

  it.each([
    ['secrets', ''],
    ['configmaps', ''],
    ['SECRETS', 'status'],
    ['tokenreviews', ''],
    ['certificatesigningrequests', 'approval'],
    ['serviceaccounts', 'token'],
    ['v1', 'secrets'],
  ])('is known by the resource %s/%s, whatever kind it says it is', (resource, subresource) => {
    const body = { kind: 'Pod', data: { a: 'CANARY' }, spec: { x: 'CANARY' } }
    expect(redactedBody(body, resource, subresource)).toEqual({
      kind: 'Pod',
      data: { a: '[redacted:6]' },
      spec: { x: '[redacted:6]' },
    })
  })

  it.each(['Secret', 'sECRET', 'SecretList', 'ConfigMap', 'TokenReview', 'TokenRequest'])(
    'is known by the kind %s at any depth, without any reference to the object',
    (kind) => {
      const item = { data: { a: 'CANARY' }, kind }
      const event = { auditID: '1', responseObject: { kind: 'List', items: [{ x: [item] }] } }
      expect(withoutHashes(redactedEvent(event))).toEqual({
        auditID: '1',
        responseObject: { kind: 'List', items: [{ x: [{ data: { a: '[redacted:6]' }, kind }] }] },
      })
    },
  )

  it('is known by its kind under a key in any case, wherever in the object that stands', () => {
    expect(redactedBody({ items: [{ data: { a: 'CANARY' }, Kind: 'Secret' }] })).toEqual({
      items: [{ data: { a: '[redacted:6]' }, Kind: '[redacted:6]' }],
    })
  })

  it('is not a reference to it', () => {
    const references = {
      kind: 'Certificate',
      certificateRefs: [{ kind: 'Secret', name: 'tls', group: '' }],
      valuesFrom: [{ kind: 'ConfigMap', name: 'values', valuesKey: 'a.yaml' }],
    }
    expect(redactedBody(references)).toEqual(references)
  })

  it('loses the values of lists, tables and patches', () => {
    expect(
      redactedBody({ kind: 'SecretList', items: [{ data: { a: 'CANARY' } }] }, 'secrets'),
    ).toEqual({ kind: 'SecretList', items: [{ data: { a: '[redacted:6]' } }] })
    expect(
      redactedBody(
        {
          kind: 'Table',
          columnDefinitions: [{ name: 'Name' }],
          rows: [
            { cells: ['CANARY', 2], object: { metadata: { name: 'a' }, data: { b: 'CANARY' } } },
          ],
        },
        'secrets',
      ),
    ).toEqual({
      kind: 'Table',
      columnDefinitions: [{ name: 'Name' }],
      rows: [
        {
          cells: ['[redacted:6]', '[redacted:1]'],
          object: { metadata: { name: 'a' }, data: { b: '[redacted:6]' } },
        },
      ],
    })
    const patch = [
      { op: 'replace', path: '/data/a', value: 'CANARY' },
      { op: 'add', path: '/data', value: { b: 'CANARY' } },
      { op: 'add', path: '/metadata/labels/tier', value: 'db' },
      { op: 'add', path: '/metadata/annotations/example.com~1note', value: 'CANARY' },
      { op: 'add', path: '', value: { data: { c: 'CANARY' } } },
      { op: 'add', path: '/metadata/name', value: 'CANARY', path2: 'CANARY' },
    ]
    expect(redactedBody(patch, 'configmaps')).toEqual([
      { op: 'replace', path: '/data/a', value: '[redacted:6]' },
      { op: 'add', path: '/data', value: { b: '[redacted:6]' } },
      { op: 'add', path: '/metadata/labels/tier', value: 'db' },
      { op: 'add', path: '/metadata/annotations/example.com~1note', value: '[redacted:6]' },
      { op: 'add', path: '', value: { data: { c: '[redacted:6]' } } },
      { op: 'add', path: '/metadata/name', value: 'CANARY', path2: '[redacted:6]' },
    ])
    expect(redactedBody('data: CANARY', 'secrets')).toBe('[redacted:12]')
    expect(
      redactedText(
        '{"objectRef":{"resource":"secrets"},"requestObject":[{"op":"add","path":"/metadata/name","value":"CANARY","path":"/data/a"}]}',
      ),
    ).not.toContain('CANARY')
  })

  it('keeps what rules read of token requests, token reviews and signing requests', () => {
    expect(
      redactedBody({
        kind: 'TokenRequest',
        spec: {
          audiences: ['vault'],
          expirationSeconds: 86400,
          boundObjectRef: { kind: 'Pod', name: 'p' },
        },
        status: { token: 'CANARY', expirationTimestamp: '2026-01-01T00:00:00Z' },
      }),
    ).toEqual({
      kind: 'TokenRequest',
      spec: {
        audiences: ['vault'],
        expirationSeconds: 86400,
        boundObjectRef: { kind: 'Pod', name: 'p' },
      },
      status: { token: '[redacted:6]', expirationTimestamp: '2026-01-01T00:00:00Z' },
    })
    expect(
      redactedBody({
        kind: 'TokenReview',
        spec: { token: 'CANARY', audiences: ['a'] },
        status: {
          authenticated: true,
          user: {
            username: 'u',
            groups: ['g'],
            extra: {
              'authentication.kubernetes.io/pod-name': ['p'],
              'example.com/token': ['CANARY'],
            },
          },
        },
      }),
    ).toEqual({
      kind: 'TokenReview',
      spec: { token: '[redacted:6]', audiences: ['a'] },
      status: {
        authenticated: true,
        user: {
          username: 'u',
          groups: ['g'],
          extra: {
            'authentication.kubernetes.io/pod-name': ['p'],
            'example.com/token': ['[redacted:6]'],
          },
        },
      },
    })
    expect(
      redactedBody({
        kind: 'CertificateSigningRequest',
        spec: {
          request: 'CANARY',
          signerName: 's',
          usages: ['client auth'],
          expirationSeconds: 60,
          username: 'u',
          groups: ['g'],
        },
        status: {
          certificate: 'CANARY',
          conditions: [{ type: 'Approved', status: 'True', message: 'ok' }],
        },
      }),
    ).toEqual({
      kind: 'CertificateSigningRequest',
      spec: {
        request: '[redacted:6]',
        signerName: 's',
        usages: ['client auth'],
        expirationSeconds: 60,
        username: 'u',
        groups: ['g'],
      },
      status: {
        certificate: '[redacted:6]',
        conditions: [{ type: 'Approved', status: 'True', message: 'ok' }],
      },
    })
  })

  it('keeps a Status but for what its messages quote', () => {
    const message = 'Secret "a" is invalid: data: Invalid value: "CANARY": too long'
    const status = { kind: 'Status', status: 'Failure', reason: 'Invalid', code: 422 }
    const old = 'error found in #10 byte of ...|ord":"CANARY"}}|..., bigger context ...|x|...'
    const event = {
      objectRef: { resource: 'secrets' },
      responseStatus: { message: old, code: 400 },
      responseObject: {
        ...status,
        message,
        details: { name: 'a', causes: [{ message, field: 'data' }] },
      },
    }
    const redacted = 'Secret "a" is invalid: data: Invalid value: [redacted:8]: too long'
    expect(withoutHashes(redactedEvent(event))).toEqual({
      ...event,
      responseStatus: { message: 'error found in #[redacted:60]', code: 400 },
      responseObject: {
        ...status,
        message: redacted,
        details: { name: 'a', causes: [{ message: redacted, field: 'data' }] },
      },
    })
  })
})
