import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toAuditEvent } from '../../../src/audit/event.ts'
import { createArchive, createSink, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { wordOf } from '../../support/outcome-word.ts'
import { makeAlert } from '../make-alert.ts'
import {
  elasticsearchReply,
  type ReceivedRequest,
  type ScriptedReply,
  type ScriptedServer,
  startScriptedServer,
} from '../scripted-server.ts'
import { createSinkWorld } from '../world.ts'

const never = new AbortController().signal

let server: ScriptedServer
beforeEach(async () => {
  server = await startScriptedServer()
  server.reply = (request) =>
    request.path.startsWith('/_bulk') ? items(request, () => 201) : elasticsearchReply(200, {})
})
afterEach(() => server.close())

function items(request: ReceivedRequest, statusOf: (id: string) => number): ScriptedReply {
  return elasticsearchReply(200, {
    items: idsOf(request).map((id) => {
      const status = statusOf(id)
      return { index: status < 300 ? { status } : { status, error: { type: 'some_exception' } } }
    }),
  })
}

/** Takes documents and templates; there are none yet. */
function absent(request: ReceivedRequest): ScriptedReply {
  if (request.path.startsWith('/_bulk')) return items(request, () => 201)
  return request.method === 'GET' ? elasticsearchReply(404, {}) : elasticsearchReply(200, {})
}

function idsOf({ body }: ReceivedRequest): string[] {
  return [...body.matchAll(/"_id":"([^"]*)"/g)].map(([, id]) => id!)
}

function paths(): string[] {
  return server.requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`)
}

function makeSink(options: object = {}, secrets: Record<string, string> = {}) {
  const world = createSinkWorld(secrets)
  const config = sinkConfigSchema.parse({
    name: 'search',
    type: 'elasticsearch',
    nodes: [server.origin],
    ...options,
  })
  return { world, sink: createSink(config, world) }
}

async function writeOnce(ids: readonly string[], options: object = {}): Promise<string[]> {
  const { sink } = makeSink(options)
  const outcomes = await sink.write(
    ids.map((id) => makeAlert({ id })),
    never,
  )
  await sink.stop(never)
  return outcomes.map(wordOf)
}

const access =
  'check the credentials; `kubewitness sinks setup --export` says which privileges they need'
const component = '/_component_template/kubewitness-alerts@base'
const template = '/_index_template/kubewitness-alerts-eu'

describe('the Elasticsearch sink', () => {
  it('makes its templates once and indexes by id and revision', async () => {
    server.reply = absent
    const { sink } = makeSink({ namespace: 'eu' })
    await sink.write([makeAlert({ id: 'a', revision: 7 })], never)
    await sink.write([makeAlert({ id: 'b' })], never)
    await sink.stop(never)
    expect(paths()).toEqual([
      `GET ${component}`,
      `PUT ${component}`,
      `GET ${template}`,
      `PUT ${template}`,
      'POST /_bulk',
      'POST /_bulk',
    ])
    expect(JSON.parse(server.requests[1]!.body)).toMatchObject({
      version: 1,
      template: { mappings: { dynamic: false } },
    })
    expect(JSON.parse(server.requests[3]!.body)).toMatchObject({
      index_patterns: ['kubewitness-alerts-eu-*'],
      template: { aliases: { 'kubewitness-alerts-eu': {} } },
    })
    const [action, document, end] = server.requests[4]!.body.split('\n')
    expect(JSON.parse(action!)).toEqual({
      index: {
        _index: 'kubewitness-alerts-eu-2026.01',
        _id: 'a',
        version: 7,
        version_type: 'external',
      },
    })
    expect(JSON.parse(document!)).toMatchObject({ event: { id: 'a' }, kubewitness: { alert: {} } })
    expect(end).toBe('')
  })

  it('looks for its templates again when an index has gone', async () => {
    const { sink } = makeSink()
    const statuses = [404, 201]
    server.reply = (request) =>
      request.path.startsWith('/_bulk')
        ? items(request, () => statuses.shift() ?? 500)
        : absent(request)
    expect((await sink.write([makeAlert()], never))[0]?.status).toBe('retry')
    expect((await sink.write([makeAlert()], never))[0]?.status).toBe('delivered')
    await sink.stop(never)
    expect(paths().filter((path) => path.startsWith('PUT')).length).toBe(4)
  })

  it.each([
    ['leaves templates of a newer version', 'auto', 2, '', 0],
    ['replaces templates of an older one', 'auto', 0, '', 2],
    ['replaces templates of other settings', 'auto', 1, 'other', 2],
    ['leaves older ones when it may only look', 'check', 0, '', 0],
  ])('%s', async (_, setup, version, hash, puts) => {
    const body = { version, _meta: { hash } }
    server.reply = (request) =>
      request.path.startsWith('/_bulk')
        ? items(request, () => 201)
        : elasticsearchReply(200, {
            component_templates: [{ component_template: body, index_template: body }],
          })
    expect(await writeOnce(['a'], { setup })).toEqual(['delivered'])
    expect(paths().filter((path) => path.startsWith('PUT')).length).toBe(puts)
  })

  it('writes nothing without its templates, and says who can make them', async () => {
    server.reply = absent
    const next =
      'run `kubewitness sinks setup search` with credentials that may manage index templates'
    expect(await writeOnce(['a'], { setup: 'check' })).toEqual([
      `retry sink.unavailable: writing to sink search: the component template kubewitness-alerts@base is missing; ${next}`,
    ])
    server.reply = (request) =>
      request.method === 'PUT'
        ? elasticsearchReply(403, { error: { type: 'security_exception' } })
        : absent(request)
    expect(await writeOnce(['a'])).toEqual([
      `retry sink.unavailable: writing to sink search: the credentials may not look at the component template kubewitness-alerts@base, or make it; ${next}`,
    ])
    expect(paths().filter((path) => path === 'POST /_bulk')).toEqual([])
    server.reply = absent
    expect(await writeOnce(['a'], { setup: 'off' })).toEqual(['delivered'])
  })

  it('gives each item the outcome of its own status', async () => {
    const statuses = { a: 201, b: 200, c: 409, d: 429, e: 503, f: 400, g: 403, h: 404, i: 507 }
    server.reply = (request) =>
      request.path.startsWith('/_bulk')
        ? items(request, (id) => statuses[id as keyof typeof statuses])
        : elasticsearchReply(200, {})
    const problem = 'writing to sink search'
    expect(await writeOnce(Object.keys(statuses))).toEqual([
      'delivered',
      'delivered',
      'delivered',
      `retry sink.unavailable: ${problem}: 429 some_exception`,
      `retry sink.unavailable: ${problem}: 503 some_exception`,
      `rejected sink.rejected: ${problem}: 400 some_exception`,
      `retry sink.unavailable: ${problem}: 403 some_exception; ${access}`,
      `retry sink.unavailable: ${problem}: 404 some_exception`,
      `retry sink.unavailable: ${problem}: 507 some_exception`,
    ])
  })

  it.each([
    [401, `401 some_exception; ${access}`],
    [403, `403 some_exception; ${access}`],
    [404, '404 some_exception; check that nodes are addresses of Elasticsearch 8 or later'],
    [429, '429 some_exception'],
    [503, '503 some_exception'],
  ])('keeps everything when the whole request is answered %i', async (status, problem) => {
    server.reply = () =>
      elasticsearchReply(status, { error: { type: 'some_exception', reason: 'CANARY' } })
    const expected = `retry sink.unavailable: writing to sink search: ${problem}`
    expect(await writeOnce(['a', 'b'], { setup: 'off' })).toEqual([expected, expected])
  })

  it('keeps everything when the answer is short of items', async () => {
    server.reply = ({ path }) =>
      elasticsearchReply(200, path.startsWith('/_bulk') ? { items: [] } : {})
    expect(await writeOnce(['a'])).toEqual([
      'retry sink.unavailable: writing to sink search: the answer is incomplete',
    ])
  })

  it('asks for less at a time after a 429, of the whole request or of an item', async () => {
    const archive = createArchive(
      sinkConfigSchema.parse({
        name: 'search',
        type: 'elasticsearch',
        nodes: [server.origin],
        setup: 'off',
        archiveEvents: true,
      }),
      createSinkWorld(),
    )
    // 200 events of 20 KiB fit into one request of 5 MiB.
    const events = Array.from({ length: 200 }, (_, number) =>
      toAuditEvent(
        { auditID: String(number), requestURI: 'x'.repeat(10_000), userAgent: 'y'.repeat(5_000) },
        { cluster: 'prod', receivedAtMs: 0 },
      ),
    )
    const answers = [
      () => elasticsearchReply(429, { error: { type: 'es_rejected_execution_exception' } }),
      (request: ReceivedRequest) => items(request, () => 429),
    ]
    const takeAll = (request: ReceivedRequest) => items(request, () => 201)
    const sizes: number[] = []
    server.reply = (request) => {
      sizes.push(idsOf(request).length)
      return (answers.shift() ?? takeAll)(request)
    }
    const statuses = async () =>
      new Set((await archive!.write(events, never)).map(({ status }) => status))
    expect(await statuses()).toEqual(new Set(['retry']))
    expect(await statuses()).toEqual(new Set(['retry']))
    expect(await statuses()).toEqual(new Set(['delivered']))
    await archive!.stop(never)
    expect(sizes[0]).toBe(200)
    expect(sizes[1]).toBeLessThan(130)
    expect(sizes[2]).toBeLessThan(70)
    expect(sizes.slice(2).reduce((sum, size) => sum + size, 0)).toBe(200)
  })

  it('halves what is too large, and rejects only an alert that is too large alone', async () => {
    server.reply = (request) => {
      if (!request.path.startsWith('/_bulk')) return elasticsearchReply(200, {})
      const ids = idsOf(request)
      if (ids.length > 2 || ids.includes('huge'))
        return { ...elasticsearchReply(413, ''), body: '' }
      return items(request, () => 201)
    }
    expect(await writeOnce(['a', 'b', 'huge', 'c', 'd'])).toEqual([
      'delivered',
      'delivered',
      'rejected sink.rejected: writing to sink search: too large',
      'delivered',
      'delivered',
    ])
  })

  it('explains a server that is not Elasticsearch', async () => {
    server.reply = () => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect(await writeOnce(['a'])).toEqual([
      'retry sink.unavailable: writing to sink search: the server does not say that it is Elasticsearch; point nodes at Elasticsearch 8 or later, and let proxies pass the header x-elastic-product; for OpenSearch use a sink of type opensearch',
    ])
  })

  it('sends the API key, and reads it again once it is not accepted', async () => {
    const { sink, world } = makeSink({ apiKeyFile: 'key' }, { key: 'CANARY-old' })
    server.reply = (request) => {
      if (request.headers.authorization !== 'ApiKey CANARY-new') return elasticsearchReply(401, {})
      return request.path.startsWith('/_bulk')
        ? items(request, () => 201)
        : elasticsearchReply(200, {})
    }
    await sink.start()
    expect((await sink.write([makeAlert()], never))[0]?.status).toBe('retry')
    world.secrets.set('key', 'CANARY-new')
    expect((await sink.write([makeAlert()], never))[0]?.status).toBe('delivered')
    await sink.stop(never)
  })

  it('sends user name and password', async () => {
    const { sink } = makeSink({ username: 'kw', passwordFile: 'pw' }, { pw: 'CANARY' })
    await sink.write([makeAlert()], never)
    await sink.stop(never)
    const expected = `Basic ${Buffer.from('kw:CANARY').toString('base64')}`
    expect(new Set(server.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set([expected]),
    )
  })

  it('does not start without its secret or its authority', async () => {
    await expect(makeSink({ apiKeyFile: 'missing' }).sink.start()).rejects.toThrow('no such secret')
    await expect(
      makeSink({ tls: { caFile: '/nonexistent/ca.pem' } }).sink.start(),
    ).rejects.toMatchObject({ code: 'tls.invalid' })
  })
})
