import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Level } from '../../../src/contracts.ts'
import { messageOf } from '../../../src/errors.ts'
import { createSink, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { makeAlert, makeRule } from '../make-alert.ts'
import { type ScriptedServer, startScriptedServer } from '../scripted-server.ts'
import { createSinkWorld } from '../world.ts'

let server: ScriptedServer
beforeEach(async () => {
  server = await startScriptedServer()
  server.reply = () => ({ status: 202, body: '{"status":"success"}' })
})
afterEach(() => server.close())

const never = new AbortController().signal
const key = 'CANARY0123456789abcdef0123456789'

function makeSink(options: object = {}) {
  const world = createSinkWorld({ key })
  const config = sinkConfigSchema.parse({
    name: 'pager',
    type: 'pagerduty',
    routingKeyFile: 'key',
    url: `${server.origin}/v2/enqueue`,
    ...options,
  })
  return { world, sink: createSink(config, world) }
}

function events(): Record<string, unknown>[] {
  return server.requests.map(({ body }) => JSON.parse(body))
}

describe('the PagerDuty sink', () => {
  it('triggers an incident under the id of the alert', async () => {
    const { sink } = makeSink()
    await sink.write([makeAlert()], never)
    expect(events()).toEqual([
      {
        routing_key: key,
        event_action: 'trigger',
        dedup_key: 'alert-1',
        client: 'Kubewitness',
        payload: {
          summary: 'Shell in a pod: alice@example.com opened a shell in pod shop/web-0',
          source: 'prod',
          severity: 'warning',
          timestamp: '2026-01-01T00:00:00.000000Z',
          component: 'pods/exec shop/web-0',
          group: 'shop',
          class: 'exec_into_pod',
          custom_details: {
            Cluster: 'prod',
            Actor: 'alice@example.com',
            From: '192.0.2.7',
            Object: 'pods/exec shop/web-0',
            'User agent': 'kubectl/v1.36',
            'First seen': '2026-01-01T00:00:00.000000Z',
            'Last seen': '2026-01-01T00:00:05.250000Z',
            Events: '1',
            Level: 'medium',
            Why: 'exec: objectRef.subresource = exec',
          },
        },
      },
    ])
  })

  it.each<[Level, string]>([
    ['critical', 'critical'],
    ['high', 'error'],
    ['medium', 'warning'],
    ['low', 'info'],
    ['informational', 'info'],
  ])('calls the level %s %s', async (level, severity) => {
    const { sink } = makeSink()
    await sink.write([makeAlert({ rule: makeRule(level) })], never)
    expect(events()).toMatchObject([{ payload: { severity } }])
  })

  it('tells of growth only with a new level, and resolves when the alert is closed', async () => {
    const { sink } = makeSink()
    const outcomes = await sink.write(
      [
        makeAlert(),
        makeAlert({ revision: 2, status: 'updated', count: 9 }),
        makeAlert({ revision: 3, status: 'updated', previousLevel: 'low' }),
        makeAlert({ revision: 4, status: 'closed', count: 1 }),
      ],
      never,
    )
    expect(outcomes.map(({ status }) => status)).toEqual([
      'delivered',
      'skipped',
      'delivered',
      'delivered',
    ])
    expect(events().map((event) => event['event_action'])).toEqual([
      'trigger',
      'trigger',
      'resolve',
    ])
    expect(events()[2]).toEqual({ routing_key: key, event_action: 'resolve', dedup_key: 'alert-1' })
  })

  it('leaves resolving to people when told so', async () => {
    const { sink } = makeSink({ resolve: false })
    const closed = makeAlert({ revision: 4, status: 'closed', count: 7 })
    expect(await sink.write([closed], never)).toEqual([{ status: 'skipped' }])
    expect(server.requests).toEqual([])
  })

  it('stays below the documented sizes with the longest of everything', async () => {
    const { sink } = makeSink()
    const long = '😀"\\'.repeat(100_000)
    const why = Array.from({ length: 500 }, () => ({ selection: long, field: long, value: long }))
    await sink.write(
      [
        makeAlert({
          actor: long,
          cluster: long,
          userAgent: long,
          summary: long,
          why,
          target: { namespace: long, name: long, resource: long },
          rule: { ...makeRule('high', long), name: long },
        }),
      ],
      never,
    )
    const { body } = server.requests[0]!
    const { payload } = JSON.parse(body) as { payload: { summary: string } }
    expect(Buffer.byteLength(body)).toBeLessThan(64_000)
    expect(payload.summary.length).toBeLessThanOrEqual(1024)
  })

  it('takes 400 about the key for wrong credentials, and keeps the alert', async () => {
    const body = '{"status":"invalid event","errors":["Length of \'routing_key\' is incorrect"]}'
    server.reply = () => ({ status: 400, body })
    const { sink } = makeSink()
    const [outcome] = await sink.write([makeAlert()], never)
    expect(outcome).toMatchObject({ status: 'retry', afterMs: 60_000 })
    expect(messageOf('error' in outcome! ? outcome.error : '')).toBe(
      'sink.unavailable: posting to sink pager: answered 400 about the routing key; put the integration key of an Events API v2 integration into the file; the alerts are kept',
    )
  })

  it('stops at 429 and asks for the time that PagerDuty wishes', async () => {
    server.reply = () =>
      server.requests.length > 1
        ? { status: 429, headers: { 'retry-after': '30' } }
        : { status: 202 }
    const { sink } = makeSink()
    const outcomes = await sink.write(
      ['a', 'b', 'c'].map((id) => makeAlert({ id })),
      never,
    )
    expect(outcomes).toMatchObject([
      { status: 'delivered' },
      { status: 'retry', afterMs: 30_000 },
      { status: 'retry', afterMs: 30_000 },
    ])
    expect(server.requests.length).toBe(2)
  })
})
