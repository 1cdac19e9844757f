import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import type { SinkConfig } from '../../src/sinks/table.ts'
import { createSink, sinkConfigSchema } from '../../src/sinks/table.ts'
import { type SinkBehaviour, type SinkUnderTest, sinkContract } from '../contract/sink.ts'
import { startMailServer } from './email/server.ts'
import {
  jsonReply,
  type ReceivedRequest,
  type ScriptedReply,
  type ScriptedServer,
  startScriptedServer,
} from './scripted-server.ts'
import { parseSyslog, unframe } from './syslog/parse.ts'
import { startStreamReceiver } from './syslog/receiver.ts'
import { createSinkWorld } from './world.ts'

const everything: readonly SinkBehaviour[] = ['ok', 'temporary', 'permanent', 'mixed', 'hanging']
const secret = 'CANARY-5b1f4a52'

function parse(config: unknown): SinkConfig {
  return sinkConfigSchema.parse(config)
}

sinkContract('stdout', ['ok', 'hanging'], async () => {
  const lines: string[] = []
  let isOpen = true
  let isHanging = false
  const stdout = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (!isOpen) {
        isHanging = true
        return
      }
      lines.push(...chunk.toString('utf8').trimEnd().split('\n'))
      done()
    },
  })
  const world = createSinkWorld({}, { stdout })
  return {
    sink: createSink(parse({ name: 'console', type: 'stdout' }), world),
    world,
    timeoutMs: Number.POSITIVE_INFINITY,
    behave: async (behaviour) => {
      isOpen = behaviour === 'ok'
    },
    receivedIds: () => lines.map(idOfLine),
    isHanging: () => isHanging,
    secrets: [],
    close: async () => undefined,
  }
})

sinkContract('file', ['ok', 'temporary'], async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubewitness-file-sink-'))
  const path = join(folder, 'there', 'alerts.jsonl')
  const world = createSinkWorld()
  const away = join(folder, 'away')
  renameSync(mkdtempSync(join(folder, 'new-')), join(folder, 'there'))
  return {
    sink: createSink(parse({ name: 'file', type: 'file', path }), world),
    world,
    timeoutMs: Number.POSITIVE_INFINITY,
    behave: async (behaviour) => {
      if (behaviour === 'temporary') renameSync(join(folder, 'there'), away)
      else renameSync(away, join(folder, 'there'))
    },
    receivedIds: () => linesOf(path).map(idOfLine),
    isHanging: () => false,
    secrets: [],
    close: async () => rmSync(folder, { recursive: true }),
  }
})

sinkContract('webhook', everything, async () => {
  const server = await startScriptedServer()
  const world = createSinkWorld({ url: `${server.origin}/${secret}-path`, hmac: `${secret}-hmac` })
  const config = parse({ name: 'hook', type: 'webhook', urlFile: 'url', secretFile: 'hmac' })
  return overHttp(server, {
    sink: createSink(config, world),
    world,
    timeoutMs: 10_000,
    secrets: [`${secret}-path`, `${secret}-hmac`],
    idsOf: ({ body }) => (JSON.parse(body) as { alerts: { id: string }[] }).alerts.map((a) => a.id),
    taken: () => ({ status: 204 }),
    refused: { status: 400, body: `no good: ${secret}-path` },
    down: { status: 503, body: `later: ${secret}-path`, headers: { 'retry-after': '3' } },
  })
})

sinkContract('slack', everything, async () => {
  const server = await startScriptedServer()
  const world = createSinkWorld({ url: `${server.origin}/services/T0/B0/${secret}` })
  const config = parse({ name: 'chat', type: 'slack', webhookUrlFile: 'url', timeoutMs: 60_000 })
  return overHttp(server, {
    sink: createSink(config, world),
    world,
    timeoutMs: 60_000,
    secrets: [secret],
    idsOf: ({ body }) => [/exec_into_pod · ([\w-]+)/.exec(body)?.[1] ?? '?'],
    taken: () => ({ status: 200, body: 'ok' }),
    refused: { status: 400, body: 'invalid_payload' },
    down: { status: 500, body: `broken at /services/T0/B0/${secret}` },
  })
})

sinkContract('slack as a bot', everything, async () => {
  const server = await startScriptedServer()
  const world = createSinkWorld({ token: secret })
  const config = parse({
    name: 'chat',
    type: 'slack',
    tokenFile: 'token',
    channel: 'C0123456789',
    apiUrl: `${server.origin}/api`,
    timeoutMs: 60_000,
  })
  return overHttp(server, {
    sink: createSink(config, world),
    world,
    timeoutMs: 60_000,
    secrets: [secret],
    idsOf: ({ body }) => [/exec_into_pod · ([\w-]+)/.exec(body)?.[1] ?? '?'],
    taken: () => ({ status: 200, body: '{"ok":true,"channel":"C0123456789","ts":"1.000001"}' }),
    refused: { status: 200, body: '{"ok":false,"error":"invalid_blocks"}' },
    down: { status: 200, body: `{"ok":false,"error":"internal_error","token":"${secret}"}` },
  })
})

for (const [type, login, headers] of [
  ['elasticsearch', { apiKeyFile: 'key' }, { 'x-elastic-product': 'Elasticsearch' }],
  ['opensearch', { username: 'kw', passwordFile: 'key' }, {}],
] as const)
  sinkContract(type, everything, async () => {
    const server = await startScriptedServer()
    const world = createSinkWorld({ key: secret })
    const config = parse({
      name: 'search',
      type,
      nodes: [server.origin],
      ...login,
    })
    const json = (status: number, body: unknown) => jsonReply(status, body, headers)
    return overHttp(server, {
      sink: createSink(config, world),
      world,
      timeoutMs: 30_000,
      secrets: [secret],
      idsOf: bulkIds,
      setUp: ({ path }) => (path.startsWith('/_bulk') ? undefined : json(200, {})),
      taken: (ids) => json(200, { items: ids.map(() => ({ index: { status: 201 } })) }),
      refused: json(400, {}),
      refusedItem: { index: { status: 400, error: { type: 'document_parsing_exception' } } },
      down: json(503, { error: { type: 'unavailable', reason: secret } }),
    })
  })

sinkContract('alertmanager', everything, async () => {
  const server = await startScriptedServer()
  const world = createSinkWorld({ url: `${server.origin}/${secret}`, token: `${secret}-token` })
  const config = parse({
    name: 'am',
    type: 'alertmanager',
    urlFile: 'url',
    bearerTokenFile: 'token',
  })
  return overHttp(server, {
    sink: createSink(config, world),
    world,
    timeoutMs: 10_000,
    secrets: [secret],
    idsOf: ({ body }) =>
      (JSON.parse(body) as { labels: { alert_id: string } }[]).map(({ labels }) => labels.alert_id),
    taken: () => ({ status: 200 }),
    refused: { status: 400, body: `invalid label set: ${secret}` },
    down: { status: 500, body: secret },
  })
})

sinkContract('pagerduty', everything, async () => {
  const server = await startScriptedServer()
  const world = createSinkWorld({ key: secret })
  const url = `${server.origin}/v2/enqueue`
  const config = parse({ name: 'pager', type: 'pagerduty', url, routingKeyFile: 'key' })
  return overHttp(server, {
    sink: createSink(config, world),
    world,
    timeoutMs: 10_000,
    secrets: [secret],
    idsOf: ({ body }) => [(JSON.parse(body) as { dedup_key: string }).dedup_key],
    taken: () => ({ status: 202, body: '{"status":"success"}' }),
    refused: { status: 400, body: `{"status":"invalid event","message":"${secret}"}` },
    down: { status: 429, headers: { 'retry-after': '2' } },
  })
})

sinkContract('syslog', ['ok', 'temporary', 'hanging'], async () => {
  const receiver = await startStreamReceiver()
  const world = createSinkWorld({}, { stepMs: 10 })
  const { port } = receiver
  const config = parse({ name: 'siem', type: 'syslog', transport: 'tcp', host: '127.0.0.1', port })
  return {
    sink: createSink(config, world),
    world,
    timeoutMs: 10_000,
    behave: async (behaviour) => {
      if (behaviour === 'hanging') receiver.behaviour = 'hang'
      else receiver.behaviour = behaviour === 'temporary' ? 'reset' : 'ok'
    },
    receivedIds: () =>
      receiver.streams.flatMap(unframe).map((message) => idOfLine(parseSyslog(message).text)),
    isHanging: () => receiver.connections() > 0,
    secrets: [],
    close: () => receiver.close(),
  }
})

sinkContract('teams', everything, async () => {
  const server = await startScriptedServer()
  const world = createSinkWorld({ url: `${server.origin}/workflows/${secret}` })
  const config = parse({ name: 'teams', type: 'teams', urlFile: 'url', timeoutMs: 60_000 })
  return overHttp(server, {
    sink: createSink(config, world),
    world,
    timeoutMs: 60_000,
    secrets: [secret],
    idsOf: ({ body }) => [/exec_into_pod · ([\w-]+)/.exec(body)?.[1] ?? '?'],
    taken: () => ({ status: 202 }),
    refused: { status: 400, body: `bad card ${secret}` },
    down: { status: 429, body: secret, headers: { 'retry-after': '2' } },
  })
})

sinkContract('s3', ['ok', 'temporary', 'hanging'], async () => {
  const server = await startScriptedServer()
  const world = createSinkWorld({ id: 'AKIA', key: secret })
  const config = parse({
    name: 'lake',
    type: 's3',
    bucket: 'alerts',
    endpoint: server.origin,
    accessKeyIdFile: 'id',
    secretAccessKeyFile: 'key',
  })
  return overHttp(server, {
    sink: createSink(config, world),
    world,
    timeoutMs: 10_000,
    secrets: [secret],
    idsOf: ({ bytes }) => gunzipSync(bytes).toString('utf8').trimEnd().split('\n').map(idOfLine),
    taken: () => ({ status: 200 }),
    refused: { status: 403 },
    down: { status: 503, body: `<Error><Code>SlowDown</Code><Message>${secret}</Message></Error>` },
  })
})

sinkContract('email', everything, async () => {
  const server = await startMailServer({ security: 'none' })
  const world = createSinkWorld({}, { stepMs: 10 })
  const config = parse({
    name: 'mail',
    type: 'email',
    host: '127.0.0.1',
    port: server.port,
    security: 'none',
    from: 'kubewitness@example.com',
    to: ['soc@example.com'],
  })
  let isHanging = false
  const refused = { code: 554, text: `no ${secret}` }
  const idsIn = (text: string) =>
    [...text.matchAll(/exec_into_pod · ([\w-]+)/g)].map(([, id]) => id!)
  return {
    sink: createSink(config, world),
    world,
    timeoutMs: 60_000,
    behave: async (behaviour) => {
      server.answer = ({ text }) => {
        if (behaviour === 'temporary') return { code: 451, text: secret }
        if (behaviour === 'permanent') return refused
        if (behaviour === 'mixed' && idsIn(text).includes('refuse-me')) return refused
        isHanging = behaviour === 'hanging'
        return isHanging ? undefined : 'taken'
      }
    },
    receivedIds: () => server.mails.flatMap(({ text }) => idsIn(text)),
    isHanging: () => isHanging,
    secrets: [secret],
    close: () => server.close(),
  }
})

interface HttpSide {
  readonly idsOf: (request: ReceivedRequest) => string[]
  /** Answers requests that carry no alerts. */
  readonly setUp?: (request: ReceivedRequest) => ScriptedReply | undefined
  readonly taken: (ids: readonly string[]) => ScriptedReply
  readonly refused: ScriptedReply
  /** For protocols that refuse by item. */
  readonly refusedItem?: unknown
  readonly down: ScriptedReply
}

/** Plays the behaviours of the contract over a real socket. */
function overHttp(
  server: ScriptedServer,
  side: HttpSide & Pick<SinkUnderTest, 'sink' | 'world' | 'timeoutMs' | 'secrets'>,
): SinkUnderTest {
  let behaviour: SinkBehaviour = 'ok'
  let isHanging = false
  const received: string[] = []
  const take = (ids: readonly string[]): ScriptedReply => {
    received.push(...ids)
    return side.taken(ids)
  }
  const refuse = (ids: readonly string[], isRefused: (id: string) => boolean): ScriptedReply => {
    if (side.refusedItem === undefined) return ids.some(isRefused) ? side.refused : take(ids)
    received.push(...ids.filter((id) => !isRefused(id)))
    const items = ids.map((id) => (isRefused(id) ? side.refusedItem : { index: { status: 201 } }))
    return { ...side.taken([]), body: JSON.stringify({ items }) }
  }
  server.reply = (request) => {
    const setUp = side.setUp?.(request)
    if (setUp !== undefined) return setUp
    const ids = side.idsOf(request)
    switch (behaviour) {
      case 'ok':
        return take(ids)
      case 'temporary':
        return side.down
      case 'permanent':
        return refuse(ids, () => true)
      case 'mixed':
        return refuse(ids, (id) => id === 'refuse-me')
      case 'hanging':
        isHanging = true
        return undefined
    }
  }
  return {
    ...side,
    behave: async (next) => {
      behaviour = next
    },
    receivedIds: () => received,
    isHanging: () => isHanging,
    close: () => server.close(),
  }
}

function bulkIds({ body }: ReceivedRequest): string[] {
  return body
    .trimEnd()
    .split('\n')
    .filter((_, i) => i % 2 === 0)
    .map((line) => (JSON.parse(line) as { index: { _id: string } }).index._id)
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').filter(Boolean)
  } catch {
    return []
  }
}

function idOfLine(line: string): string {
  return (JSON.parse(line) as { id: string }).id
}
