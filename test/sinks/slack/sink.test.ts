import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { judgeAnswer } from '../../../src/sinks/slack/answer.ts'
import { createSink, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { wordOf } from '../../support/outcome-word.ts'
import { startSlackStandIn } from '../../support/slack-stand-in.ts'
import { makeAlert, makeRule } from '../make-alert.ts'
import { type ScriptedServer, startScriptedServer } from '../scripted-server.ts'
import { createSinkWorld, whileTimePasses } from '../world.ts'

const never = new AbortController().signal

let server: ScriptedServer
beforeEach(async () => {
  server = await startScriptedServer()
})
afterEach(() => server.close())

function makeSink(options: object = {}) {
  const world = createSinkWorld({ url: `${server.origin}/services/CANARY` })
  const config = sinkConfigSchema.parse({
    name: 'chat',
    type: 'slack',
    webhookUrlFile: 'url',
    timeoutMs: 100_000,
    ...options,
  })
  return { world, sink: createSink(config, world) }
}

function headlines(): string[] {
  return server.requests.map(({ body }) => (JSON.parse(body) as { text: string }).text)
}

describe('the Slack sink', () => {
  it('posts the most severe first, one message a second', async () => {
    const { sink, world } = makeSink()
    const startMs = world.clock.nowMs()
    const atMs: number[] = []
    server.reply = () => {
      atMs.push(world.clock.nowMs() - startMs)
      return { status: 200, body: 'ok' }
    }
    const batch = (['low', 'critical', 'medium'] as const).map((level) =>
      makeAlert({ id: level, rule: makeRule(level, level), summary: '' }),
    )
    const outcomes = await whileTimePasses(world, sink.write(batch, never))
    expect(outcomes.map(({ status }) => status)).toEqual(['delivered', 'delivered', 'delivered'])
    expect(headlines()).toEqual(['🔴 CRITICAL: critical:', '🟡 MEDIUM: medium:', '🔵 LOW: low:'])
    expect(atMs.slice(1).every((ms, i) => ms - atMs[i]! >= 1_000)).toBe(true)
  })

  it('sums up what is beyond those that it posts singly', async () => {
    const { sink, world } = makeSink({ summariseAbove: 3 })
    const batch = [1, 2, 3, 4].map((n) => makeAlert({ id: `a${n}` }))
    const outcomes = await whileTimePasses(world, sink.write(batch, never))
    expect(headlines()).toEqual([
      '🟡 MEDIUM: Shell in a pod: alice@example.com opened a shell in pod shop/web-0',
      '🟡 3 more alerts: 3 medium',
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill('delivered'))
  })

  it('shows of several revisions only the newest', async () => {
    const { sink, world } = makeSink({ summariseAbove: 1 })
    const batch = [2, 3, 1].map((revision) => makeAlert({ revision, summary: `r${revision}` }))
    const outcomes = await whileTimePasses(world, sink.write(batch, never))
    expect(headlines()).toEqual(['🟡 MEDIUM: Shell in a pod: r3'])
    expect(outcomes.map(({ status }) => status)).toEqual(Array(3).fill('delivered'))
  })

  it('posts an alert when it opens, when its level changes, and when it is over with more than one request', async () => {
    const { sink, world } = makeSink()
    const write = async (...batch: Parameters<typeof makeAlert>[0][]): Promise<string[]> => {
      const before = server.requests.length
      const alerts = batch.map((changes) => makeAlert({ summary: 's', ...changes }))
      const outcomes = await whileTimePasses(world, sink.write(alerts, never))
      expect(outcomes.filter((outcome) => 'error' in outcome)).toEqual([])
      return headlines().slice(before)
    }
    expect(await write({ id: 'a' })).toEqual(['🟡 MEDIUM: Shell in a pod: s'])
    expect(await write({ id: 'a', revision: 2, status: 'updated', count: 9 })).toEqual([])
    expect(
      await write({
        id: 'a',
        revision: 3,
        status: 'updated',
        rule: makeRule('high'),
        previousLevel: 'medium',
      }),
    ).toEqual(['🟠 HIGH: Updated: Shell in a pod: s'])
    expect(
      await write(
        { id: 'a', revision: 4, status: 'closed', count: 9 },
        { id: 'b', revision: 2, status: 'closed' },
      ),
    ).toEqual(['🟡 MEDIUM: Closed: Shell in a pod: s'])
    // What had to wait is shown as it is now.
    expect(await write({ id: 'c' }, { id: 'c', revision: 2, status: 'closed' })).toEqual([
      '🟡 MEDIUM: Closed: Shell in a pod: s',
    ])
  })

  it('stops posting at 429, says which alerts are through, and waits before the next', async () => {
    const { sink, world } = makeSink()
    server.reply = () =>
      server.requests.length === 2
        ? { status: 429, headers: { 'retry-after': '30' } }
        : { status: 200, body: 'ok' }
    const batch = ['a', 'b', 'c'].map((id) => makeAlert({ id }))
    const outcomes = await whileTimePasses(world, sink.write(batch, never))
    expect(outcomes).toMatchObject([
      { status: 'delivered' },
      { status: 'retry', afterMs: 30_000, isBlameless: true },
      { status: 'retry', afterMs: 30_000, isBlameless: true },
    ])
    expect(server.requests.length).toBe(2)
    const limitedAtMs = world.clock.nowMs()
    await whileTimePasses(world, sink.write(batch.slice(1, 2), never))
    expect(world.clock.nowMs() - limitedAtMs).toBeGreaterThanOrEqual(30_000)
  })

  it('keeps what is through as delivered when it is aborted between two messages', async () => {
    const { sink, world } = makeSink()
    const abort = new AbortController()
    const writing = sink.write([makeAlert({ id: 'a' }), makeAlert({ id: 'b' })], abort.signal)
    while (server.requests.length === 0 || world.inFlight() > 0 || world.clock.sleepers !== 1) {
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    abort.abort()
    expect((await writing).map(({ status }) => status)).toEqual(['delivered', 'retry'])
  })

  it.each(['http://example.com/CANARY', 'https://user:CANARY@example.com/', 'CANARY', ''])(
    'does not start with the address %j, and does not repeat it',
    async (url) => {
      const { sink, world } = makeSink()
      world.secrets.set('url', url)
      await expect(sink.start()).rejects.toMatchObject({
        code: 'config.invalid',
        message: 'reading the webhook address of sink chat: not an https URL',
      })
    },
  )
})

describe('the Slack sink with a webhook, on the stand-in', () => {
  it('keeps to the rate, and to the limits of messages', async () => {
    const world = createSinkWorld()
    const slack = await startSlackStandIn(world.clock)
    world.secrets.set('url', slack.webhookUrl)
    const config = { name: 'chat', type: 'slack', webhookUrlFile: 'url', timeoutMs: 100_000 }
    const sink = createSink(sinkConfigSchema.parse(config), world)
    const long = '&<!here>'.repeat(2_000)
    const batch = [1, 2, 3, 4, 5, 6, 7].map((n) =>
      makeAlert({
        id: `a${n}`,
        actor: long,
        summary: long,
        userAgent: long,
        rule: { ...makeRule('high', long), id: `${n}` },
        why: Array.from({ length: 50 }, () => ({ selection: 's', field: long, value: long })),
      }),
    )
    const outcomes = await whileTimePasses(world, sink.write(batch, never))
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['delivered']))
    expect([slack.messages.length, slack.limited]).toEqual([6, 0])
    await slack.close()
  })
})

describe("Slack's answer", () => {
  const advice =
    'make a new incoming webhook in Slack and put its address into the file; the alerts are kept'
  it.each([
    [200, 'ok', 'delivered'],
    [200, '<html>', 'retry sink.unavailable: posting to sink chat: answered 200'],
    [200, 'ok\n', 'retry sink.unavailable: posting to sink chat: answered 200'],
    [302, '', `retry sink.unavailable: posting to sink chat: answered 302; ${advice}`],
    [
      400,
      'invalid_payload',
      'rejected sink.rejected: posting to sink chat: answered 400 invalid_payload',
    ],
    [
      400,
      'no_team',
      `retry sink.unavailable: posting to sink chat: answered 400 no_team; ${advice}`,
    ],
    [
      403,
      'invalid_token',
      `retry sink.unavailable: posting to sink chat: answered 403 invalid_token; ${advice}`,
    ],
    [
      404,
      'no_service',
      `retry sink.unavailable: posting to sink chat: answered 404 no_service; ${advice}`,
    ],
    [
      410,
      'channel_is_archived',
      `retry sink.unavailable: posting to sink chat: answered 410 channel_is_archived; ${advice}`,
    ],
    [
      429,
      'rate_limited',
      'retry sink.unavailable: posting to sink chat: answered 429 rate_limited',
    ],
    [500, '/services/T0/B0/CANARY', 'retry sink.unavailable: posting to sink chat: answered 500'],
  ])('%i %j is: %s', (status, text, expected) => {
    expect(wordOf(judgeAnswer('chat', { kind: 'answered', status, text }))).toBe(expected)
  })
})
