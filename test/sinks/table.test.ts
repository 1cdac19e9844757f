import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createSink, type SinkConfig, sinkConfigSchema } from '../../src/sinks/table.ts'
import { createSinkWorld } from './world.ts'

const name = 'one'

/** One of each, as small as it can be. */
const smallest: Readonly<Record<SinkConfig['type'], object>> = {
  stdout: {},
  file: { path: './alerts.jsonl' },
  webhook: { url: 'https://example.com/x' },
  slack: { webhookUrlFile: './url' },
  elasticsearch: { nodes: ['https://es.example.com'] },
  opensearch: { nodes: ['https://os.example.com'] },
  alertmanager: { url: 'http://am:9093' },
  pagerduty: { routingKeyFile: './key' },
  teams: { urlFile: './url' },
  email: { host: 'mail', from: 'kw@example.com', to: ['soc@example.com'] },
  syslog: { host: 'siem.example.com' },
  kafka: { brokers: ['k:9092'], topic: 'alerts' },
  s3: { bucket: 'alerts', accessKeyIdFile: 'i', secretAccessKeyEnv: 'KEY' },
}

/** As people write it: `not at all`, `50 ms`, `0.2 s`, `5 min`. */
function waitText(ms: number): string {
  if (ms === 0) return 'not at all'
  if (ms < 100) return `${ms} ms`
  return ms < 60_000 ? `${ms / 1000} s` : `${ms / 60_000} min`
}

function bytesText(bytes: number): string {
  return bytes < 1 << 20 ? `${bytes / 1024} KiB` : `${bytes / (1 << 20)} MiB`
}

describe('the batches of a sink', () => {
  it.each(Object.entries(smallest))('of type %s are as docs/sinks.md says', (type, options) => {
    const config = sinkConfigSchema.parse({ name, type, ...options })
    const { maxItems, maxBytes, lingerMs } = createSink(config, createSinkWorld()).limits
    const rows = readFileSync('docs/sinks.md', 'utf8').split('\n')
    const row = rows.find((line) => line.startsWith(`| \`${type}\` | `) && line.includes(' alerts'))
    const [, closes, waits] = row?.replaceAll(/ \([^)]*\)/g, '').split(' | ') ?? []
    expect([closes, waits]).toEqual([
      `${maxItems.toLocaleString('en')} alerts, ${bytesText(maxBytes)}`,
      waitText(lingerMs),
    ])
  })
})

describe('the configuration of a sink', () => {
  it.each([
    [{ name, type: 'stdout' }],
    [{ name, type: 'stdout', minimumLevel: 'high' }],
    [{ name, type: 'file', path: './alerts.jsonl' }],
    [{ name, type: 'webhook', url: 'https://example.com/x' }],
    [{ name, type: 'webhook', urlEnv: 'HOOK', secretFile: './hmac' }],
    [{ name, type: 'slack', webhookUrlFile: './url', minimumLevel: 'high' }],
    [{ name, type: 'webhook', urlEnv: 'HOOK', body: [{ text: '{{summary}}', n: 1 }] }],
    [
      {
        name,
        type: 'webhook',
        urlEnv: 'HOOK',
        text: '{{summary}}',
        headers: { 'X-A': { env: 'A' } },
      },
    ],
    [{ name, type: 'alertmanager', url: 'http://am:9093', labels: { team: 'sec' } }],
    [{ name, type: 'alertmanager', urlEnv: 'AM', username: 'kw', passwordEnv: 'PASSWORD' }],
    [{ name, type: 'pagerduty', routingKeyFile: './key', resolve: false }],
    [{ name, type: 'teams', urlFile: './url' }],
    [{ name, type: 'syslog', host: 'siem.example.com' }],
    [{ name, type: 's3', bucket: 'alerts', accessKeyIdFile: 'i', secretAccessKeyEnv: 'KEY' }],
    [{ name, type: 'email', host: 'mail', from: 'kw@example.com', to: ['soc@example.com'] }],
    [
      {
        name,
        type: 'kafka',
        brokers: ['k:9092'],
        topic: 'alerts',
        sasl: { mechanism: 'scram-sha-512', username: 'kw', passwordFile: 'p' },
        tls: {},
      },
    ],
    [{ name, type: 'elasticsearch', nodes: ['https://es.example.com'], apiKeyFile: './key' }],
    [
      {
        name,
        type: 'elasticsearch',
        nodes: ['https://a.example.com', 'https://b.example.com'],
        username: 'kw',
        passwordEnv: 'PASSWORD',
        tls: { caFile: './ca.pem' },
        archiveEvents: true,
      },
    ],
  ])('takes %j', (config) => {
    expect(sinkConfigSchema.safeParse(config).success).toBe(true)
  })

  it.each([
    [{ name, type: 'pager' }, 'type'],
    [{ type: 'stdout' }, 'name'],
    [{ name: 'a b', type: 'stdout' }, 'name'],
    [{ name, type: 'stdout', minimumLevel: 'huge' }, 'minimumLevel'],
    [{ name, type: 'stdout', path: 'x' }, ''],
    [{ name, type: 'file' }, 'path'],
    [{ name, type: 'webhook' }, 'url'],
    [{ name, type: 'webhook', url: 'https://example.com', urlFile: 'x' }, 'url'],
    [
      { name, type: 'webhook', url: 'https://example.com', secretFile: 'x', secretEnv: 'Y' },
      'secretFile',
    ],
    [{ name, type: 'slack' }, 'webhookUrlFile'],
    [{ name, type: 'webhook', urlEnv: 'X', text: 'a', body: {} }, 'text'],
    [{ name, type: 'webhook', urlEnv: 'X', text: '{{nothing}}' }, 'text'],
    [{ name, type: 'webhook', urlEnv: 'X', headers: { Host: 'x' } }, 'headers.Host'],
    [{ name, type: 'webhook', urlEnv: 'X', headers: { 'a b': 'x' } }, 'headers.a b'],
    [{ name, type: 'webhook', urlEnv: 'X', body: { a: ['{{nothing}}'] } }, 'body.a.0'],
    [
      { name, type: 'webhook', urlEnv: 'X', text: '{}', headers: { 'content-type': 'text/json' } },
      'text',
    ],
    [{ name, type: 'alertmanager', url: 'http://am:9093', labels: { 'a-b': 'c' } }, 'labels.a-b'],
    [{ name, type: 'alertmanager', url: 'http://am:9093', username: 'kw' }, 'username'],
    [{ name, type: 'alertmanager', url: 'http://am:9093', passwordEnv: 'X' }, 'username'],
    [{ name, type: 'pagerduty' }, 'routingKeyFile'],
    [{ name, type: 'teams' }, 'urlFile'],
    [{ name, type: 'teams', urlFile: 'x', url: 'https://example.com/secret' }, ''],
    [{ name, type: 'syslog', host: 'siem', transport: 'udp', tls: {} }, 'tls'],
    [{ name, type: 's3', bucket: 'alerts', accessKeyIdFile: 'i' }, 'secretAccessKeyFile'],
    [{ name, type: 's3', bucket: 'a b', accessKeyIdFile: 'i', secretAccessKeyFile: 's' }, 'bucket'],
    [{ name, type: 'email', host: 'mail', from: 'kw@example.com', to: ['nobody'] }, 'to.0'],
    [
      {
        name,
        type: 'email',
        host: 'mail',
        from: 'kw@example.com',
        to: ['soc@example.com'],
        security: 'none',
        username: 'kw',
        passwordFile: 'p',
      },
      'security',
    ],
    [{ name, type: 'kafka', brokers: ['k'], topic: 'alerts' }, 'brokers.0'],
    [{ name, type: 'kafka', brokers: ['k:9092'], topic: 'a b' }, 'topic'],
    [{ name, type: 'webhook', url: 'https://example.com', tls: { keyFile: 'k' } }, 'tls.certFile'],
    [{ name, type: 'elasticsearch', nodes: [] }, 'nodes'],
    [{ name, type: 'opensearch', nodes: ['example.com'] }, 'nodes.0'],
    [{ name, type: 'opensearch', nodes: ['https://example.com'], username: 'kw' }, 'passwordFile'],
    [{ name, type: 'opensearch', nodes: ['https://example.com'], apiKeyFile: 'k' }, ''],
    [
      { name, type: 'opensearch', nodes: ['https://example.com'], archive: { retentionDays: 3 } },
      'archive',
    ],
    [{ name, type: 'elasticsearch', nodes: ['https://u:p@example.com'] }, 'nodes.0'],
    [{ name, type: 'elasticsearch', nodes: ['example.com'] }, 'nodes.0'],
    [
      { name, type: 'elasticsearch', nodes: ['https://example.com'], username: 'kw' },
      'passwordFile',
    ],
    [
      { name, type: 'elasticsearch', nodes: ['https://example.com'], passwordFile: 'x' },
      'passwordFile',
    ],
    [
      { name, type: 'elasticsearch', nodes: ['https://example.com'], namespace: 'Upper' },
      'namespace',
    ],
  ])('refuses %j at %j', (config, path) => {
    const issues = sinkConfigSchema.safeParse(config).error?.issues ?? []
    expect(issues.map((issue) => issue.path.join('.'))).toEqual([path])
  })
})
