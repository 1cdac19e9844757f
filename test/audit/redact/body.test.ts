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

describe('any other body', () => {
  it('loses values under the names of credentials, and keeps references', () => {
    const body = {
      spec: {
        password: 'CANARY',
        apiKey: 'CANARY',
        db_passwd: 12345,
        tokens: ['CANARY'],
        clientSecret: { value: 'Bearer CANARY', other: 'stays' },
        secret_id: 'CANARY',
        key_id: 'stays',
        secretName: 'a',
        tokenSecretRef: 'b',
        imagePullSecret: 'c',
        secretKeyRef: { name: 'd', key: 'password' },
        automountServiceAccountToken: true,
        secrets: ['e'],
        passwordFile: '/f',
        token: '',
      },
      metadata: { labels: { token: 'label' }, annotations: { 'example.com/api-token': 'CANARY' } },
    }
    expect(redactedBody(body)).toEqual({
      spec: {
        ...body.spec,
        password: '[redacted:6]',
        apiKey: '[redacted:6]',
        db_passwd: '[redacted:5]',
        tokens: ['[redacted:6]'],
        clientSecret: { value: '[redacted:13]', other: 'stays' },
        secret_id: '[redacted:6]',
      },
      metadata: {
        labels: { token: 'label' },
        annotations: { 'example.com/api-token': '[redacted:6]' },
      },
    })
  })

  it('loses credentials in the environment and in commands', () => {
    const container = {
      env: [
        { name: 'DB_PASSWORD', value: 'CANARY' },
        { name: 'PASSWORD_FILE', value: '/run/secrets/x' },
        { name: 'DATABASE', value: 'postgres://me:CANARY@db/x' },
        { name: 'OPTIONS', value: '-Dtrust.password=CANARY -Xmx1g' },
        { name: 'JSON', value: '{"secret":"CANARY"}' },
        { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'a', key: 'token' } } },
        { name: 'REPLICAS', value: '3' },
      ],
      command: ['/usr/bin/mysql'],
      args: ['-pCANARY', '--token', 'CANARY', 'login --token CANARY -v', '$(DB_PASSWORD)'],
      livenessProbe: { exec: { command: ['curl', '-H', 'X-Api-Key: CANARY'] } },
      readinessProbe: { httpGet: { httpHeaders: [{ name: 'Authorization', value: 'CANARY' }] } },
    }
    expect(redactedBody({ spec: { containers: [container] } })).toEqual({
      spec: {
        containers: [
          {
            env: [
              { name: 'DB_PASSWORD', value: '[redacted:6]' },
              container.env[1],
              { name: 'DATABASE', value: 'postgres://me:[redacted:6]@db/x' },
              { name: 'OPTIONS', value: '-Dtrust.password=[redacted:6] -Xmx1g' },
              { name: 'JSON', value: '{"secret":"[redacted:6]"}' },
              container.env[5],
              container.env[6],
            ],
            command: ['/usr/bin/mysql'],
            args: [
              '-p[redacted:6]',
              '--token',
              '[redacted:6]',
              'login --token [redacted:6] -v',
              '$(DB_PASSWORD)',
            ],
            livenessProbe: { exec: { command: ['curl', '-H', 'X-Api-Key: [redacted:6]'] } },
            readinessProbe: {
              httpGet: { httpHeaders: [{ name: 'Authorization', value: '[redacted:6]' }] },
            },
          },
        ],
      },
    })
  })

  it('reads the words of a command as they would be run', () => {
    const words = (...args: unknown[]) => (redactedBody({ args }) as { args: unknown }).args
    expect(words('--password', 'my CANARY phrase', 'x')).toEqual([
      '--password',
      '[redacted:16]',
      'x',
    ])
    expect(words('--password=my CANARY phrase')).toEqual(['--password=[redacted:16]'])
    expect(words('--password', '--verbose', 'x')).toEqual(['--password', '--verbose', 'x'])
    expect(words('redis-cli -a CANARY ping; tar -a file')).toEqual([
      'redis-cli -a [redacted:6] ping; tar -a file',
    ])
    expect(words('--token', { password: 'CANARY' }, ['x', { secret: 'CANARY' }])).toEqual([
      '--token',
      { password: '[redacted:6]' },
      ['x', { secret: '[redacted:6]' }],
    ])
    expect(words('bash -c "mysqldump -pCANARY db | gzip"')).toEqual([
      'bash -c "mysqldump -p[redacted:6] db | gzip"',
    ])
    expect(redactedBody({ command: 'curl -u me:CANARY h' })).toEqual({
      command: 'curl -u me:[redacted:6] h',
    })
  })

  it('loses credentials that a JSON patch sets', () => {
    expect(
      redactedBody([
        { op: 'replace', path: '/spec/password', value: 'CANARY' },
        { op: 'replace', path: '/spec/containers/0/env/1/value', value: 'CANARY' },
        { op: 'add', path: '/spec/containers/0/env/-', value: { name: 'TOKEN', value: 'CANARY' } },
        { op: 'replace', path: '/spec/containers/0/args', value: ['--password=CANARY'] },
        { op: 'replace', path: '/spec/replicas', value: 3 },
      ]),
    ).toEqual([
      { op: 'replace', path: '/spec/password', value: '[redacted:6]' },
      { op: 'replace', path: '/spec/containers/0/env/1/value', value: '[redacted:6]' },
      {
        op: 'add',
        path: '/spec/containers/0/env/-',
        value: { name: 'TOKEN', value: '[redacted:6]' },
      },
      { op: 'replace', path: '/spec/containers/0/args', value: ['--password=[redacted:6]'] },
      { op: 'replace', path: '/spec/replicas', value: 3 },
    ])
  })

  it('is redacted inside its last applied configuration, whose other bytes stay', () => {
    const applied = '{"kind":"Pod","a":"\\u003c\u00e9","spec":{"password":"CANARY","n":1.0}}'
    const body = { metadata: { annotations: { [lastApplied]: applied, other: 'x' } } }
    expect(redactedBody(body)).toEqual({
      metadata: {
        annotations: { [lastApplied]: applied.replace('CANARY', '[redacted:6]'), other: 'x' },
      },
    })
    const secret = JSON.stringify({ kind: 'Secret', data: { a: 'CANARY' }, number: 5 })
    expect(redactedBody({ metadata: { annotations: { [lastApplied]: secret } } })).toEqual({
      metadata: {
        annotations: {
          [lastApplied]: '{"kind":"Secret","data":{"a":"[redacted:6]"},"number":"[redacted:1]"}',
        },
      },
    })
    expect(redactedBody({ metadata: { annotations: { [lastApplied]: 'CANARY {' } } })).toEqual({
      metadata: { annotations: { [lastApplied]: '[redacted:8]' } },
    })
  })

  it('that is a text goes whole if it is a manifest of something secret, else its credentials go', () => {
    expect(redactedBody('kind: Secret\nstringData:\n  a: CANARY')).toBe('[redacted:36]')
    expect(redactedBody('kind: Pod\npassword: CANARY\nname: a')).toBe(
      'kind: Pod\npassword: [redacted:6]\nname: a',
    )
    expect(redactedBody('{"kind":"Secret","data":{"a":"CANARY"}}')).toBe(
      '{"kind":"Secret","data":{"a":"[redacted:6]"}}',
    )
  })

  it('counts a key that is there twice twice', () => {
    const item =
      '{"requestObject":{"env":[{"name":"A","value":"CANARY","name":"TOKEN"}],"args":["a"],' +
      '"args":["--token=CANARY"],"kind":"Pod","kind":"Secret","data":{"x":"CANARY"}}}'
    expect(redactedText(item)).not.toContain('CANARY')
  })
})
