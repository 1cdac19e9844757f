import { describe, expect, it } from 'vitest'
import { redactedBody, redactedText } from './support.ts'

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

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
