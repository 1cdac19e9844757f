import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toAuditEvent } from '../../../src/audit/event.ts'
import { createArchive, createSink, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { wordOf } from '../../support/outcome-word.ts'
import { makeAlert } from '../make-alert.ts'
import {
  jsonReply,
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
  server.reply = absent
})
afterEach(() => server.close())

/** Takes documents and templates; there are none yet. */
function absent({ path, method, body }: ReceivedRequest): ScriptedReply {
  if (path.startsWith('/_bulk'))
    return jsonReply(200, {
      items: [...body.matchAll(/"_id":/g)].map(() => ({ index: { status: 201 } })),
    })
  return method === 'GET' ? jsonReply(404, {}) : jsonReply(200, {})
}

function configOf(options: object = {}) {
  return sinkConfigSchema.parse({
    name: 'search',
    type: 'opensearch',
    nodes: [server.origin],
    ...options,
  })
}

async function writeOnce(options: object = {}, changes: object = {}): Promise<string> {
  const sink = createSink(configOf(options), { ...createSinkWorld({ pw: 'CANARY' }), ...changes })
  const [outcome] = await sink.write([makeAlert({ id: 'a' })], never)
  await sink.stop(never)
  return wordOf(outcome!)
}

const custom = '/_component_template/kubewitness-alerts@custom'

describe('the OpenSearch sink', () => {
  it('makes templates that OpenSearch knows all words of, and writes plain NDJSON as its user', async () => {
    expect(await writeOnce({ username: 'kw', passwordFile: 'pw' })).toBe('delivered')
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /_component_template/kubewitness-alerts@base',
      'PUT /_component_template/kubewitness-alerts@base',
      `GET ${custom}`,
      `PUT ${custom}`,
      'GET /_index_template/kubewitness-alerts-default',
      'PUT /_index_template/kubewitness-alerts-default',
      'POST /_bulk?filter_path=items.*.status%2Citems.*.error.type',
    ])
    const [, base, , users, , index, bulk] = server.requests
    expect(base!.body).not.toContain('flattened')
    expect(JSON.parse(base!.body)).toMatchObject({
      template: {
        mappings: {
          properties: {
            kubewitness: {
              properties: {
                alert: { properties: { group: { type: 'object', enabled: false } } },
              },
            },
          },
        },
      },
    })
    expect(JSON.parse(users!.body)).toMatchObject({ template: {} })
    expect(JSON.parse(index!.body)).toEqual({
      index_patterns: ['kubewitness-alerts-default-*'],
      composed_of: ['kubewitness-alerts@base', 'kubewitness-alerts@custom'],
      priority: 150,
      template: { settings: {}, aliases: { 'kubewitness-alerts-default': {} } },
      version: 1,
      _meta: { managed_by: 'kubewitness', hash: expect.any(String) as string },
    })
    expect(bulk!.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      authorization: `Basic ${Buffer.from('kw:CANARY').toString('base64')}`,
    })
  })

  it('leaves the template of the user as it is', async () => {
    server.reply = (request) =>
      request.method === 'GET' && request.path === custom
        ? jsonReply(200, { component_templates: [{ component_template: { template: {} } }] })
        : absent(request)
    expect(await writeOnce()).toBe('delivered')
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).not.toContain(
      `PUT ${custom}`,
    )
  })

  it.each([200, 400])('writes nothing to Elasticsearch, which answers %i', async (status) => {
    server.reply = () => jsonReply(status, {}, { 'x-elastic-product': 'Elasticsearch' })
    expect(await writeOnce()).toBe(
      'retry sink.unavailable: writing to sink search: the server says that it is Elasticsearch; use a sink of type elasticsearch, or point nodes at OpenSearch 2.7 or later',
    )
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/_component_template/kubewitness-alerts@base',
    ])
  })

  it('leaves texts out of fields that would refuse them, and keeps the whole event', async () => {
    const archive = createArchive(configOf({ archiveEvents: true }), createSinkWorld())
    const raw = {
      auditID: 'long',
      annotations: { short: 'x', long: 'y'.repeat(8192) },
    }
    const event = toAuditEvent(raw, { cluster: 'prod', receivedAtMs: 0 })
    expect(await archive!.write([event], never)).toEqual([{ status: 'delivered' }])
    await archive!.stop(never)
    const [, document] = server.requests.at(-1)!.body.split('\n')
    const { kubewitness, event: meta } = JSON.parse(document!) as {
      kubewitness: object
      event: { original: string }
    }
    expect(kubewitness).toEqual({ annotations: { short: 'x' } })
    expect(JSON.parse(meta.original)).toMatchObject(raw)
  })

  it('gives up a request that gets no answer', async () => {
    server.reply = () => undefined
    expect(await writeOnce({ timeoutMs: 100 }, { clock: systemClock })).toBe(
      'retry sink.unavailable: writing to sink search: no answer in 100 ms',
    )
  })
})

describe('a connection that breaks in the middle of an answer', () => {
  let breaking: Server
  beforeEach(async () => {
    breaking = createServer((request, response) => {
      request.resume()
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{')
      setImmediate(() => request.socket.resetAndDestroy())
    })
    await new Promise<void>((resolve) => breaking.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => breaking.close())

  it('is not talked about on standard output', async () => {
    const { port } = breaking.address() as AddressInfo
    const said = vi.spyOn(console, 'log')
    expect(await writeOnce({ nodes: [`http://127.0.0.1:${port}`] })).toMatch(
      /^retry sink\.unavailable: writing to sink search: /,
    )
    expect(said.mock.calls).toEqual([])
    said.mockRestore()
  })
})
