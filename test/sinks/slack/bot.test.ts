import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Alert, Outcome, Sink } from '../../../src/contracts.ts'
import { messageOf } from '../../../src/errors.ts'
import { judgeBotAnswer } from '../../../src/sinks/slack/bot-answer.ts'
import { createSink, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { type SlackStandIn, startSlackStandIn } from '../../support/slack-stand-in.ts'
import { makeAlert, makeRule } from '../make-alert.ts'
import { createSinkWorld, type SinkWorld, whileTimePasses } from '../world.ts'

const never = new AbortController().signal

let world: SinkWorld
let slack: SlackStandIn
beforeEach(async () => {
  world = createSinkWorld()
  slack = await startSlackStandIn(world.clock)
  world.secrets.set('token', slack.token)
})
afterEach(() => slack.close())

function makeBot(options: object = {}): Sink<Alert> {
  const { apiUrl, channel } = slack
  const config = sinkConfigSchema.parse({
    name: 'chat',
    type: 'slack',
    tokenFile: 'token',
    channel,
    apiUrl,
    timeoutMs: 100_000,
    ...options,
  })
  return createSink(config, { ...world, alertUrl: (id) => `https://kw.example.com/alerts/${id}` })
}

async function write(sink: Sink<Alert>, ...alerts: readonly Alert[]): Promise<string[]> {
  const outcomes = await whileTimePasses(world, sink.write(alerts, never))
  return outcomes.map(({ status }) => status)
}

/** What stands in the channel, replies indented. */
function shown(): string[] {
  return slack.messages.map(
    ({ isBroadcast, isEdited, text, threadTs }) =>
      `${threadTs === undefined ? '' : '  '}${isBroadcast ? '(to all) ' : ''}${isEdited ? '(edited) ' : ''}${text}`,
  )
}

function story(revision: number, changes: Partial<Alert> = {}): Alert {
  return makeAlert({
    id: 'a',
    revision,
    status: revision === 1 ? 'open' : 'updated',
    summary: 's',
    count: revision,
    ...changes,
  })
}

const grown =
  '🟡 MEDIUM: Updated: Shell in a pod: 2 events until 2026-01-01T00:00:05.250000Z, by alice@example.com · exec_into_pod'

describe('the Slack sink with a bot', () => {
  it('tells in the thread of an alert how it goes on, and edits its message when it is over', async () => {
    const sink = makeBot()
    await write(sink, story(1))
    await write(sink, story(2))
    await write(sink, story(3, { rule: makeRule('high'), previousLevel: 'medium' }))
    expect(shown()).toEqual([
      '🟡 MEDIUM: Shell in a pod: s',
      `  ${grown}`,
      '  (to all) 🟠 HIGH: Updated: Shell in a pod (was MEDIUM): 3 events until 2026-01-01T00:00:05.250000Z, by alice@example.com · exec_into_pod',
    ])
    await write(sink, story(4, { status: 'closed' }))
    expect(shown()[0]).toBe('(edited) 🟡 MEDIUM: Closed: Shell in a pod: s')
    expect([slack.messages.length, slack.limited]).toEqual([3, 0])
    // Nothing is known of it any more: it would be another one.
    await write(sink, story(5))
    expect(shown().at(-1)).toBe('🟡 MEDIUM: Updated: Shell in a pod: s')
  })

  it('knows its threads after a restart', async () => {
    const first = makeBot()
    await write(first, story(1))
    const changes = first.memory!.takeChanges()
    expect(changes).toEqual([{ key: 'sink/thread/a', value: expect.any(Uint8Array) as Uint8Array }])
    await world.clock.advance(1_000)
    const second = makeBot()
    second.memory!.restore(changes.flatMap(({ key, value }) => (value ? [{ key, value }] : [])))
    await write(second, story(2))
    await write(second, story(3, { status: 'closed' }))
    expect(shown()).toEqual(['(edited) 🟡 MEDIUM: Closed: Shell in a pod: s', `  ${grown}`])
    expect(second.memory!.takeChanges()).toEqual([{ key: 'sink/thread/a', value: undefined }])
  })

  it('does not post an alert again that comes again after a crash', async () => {
    const sink = makeBot()
    await write(sink, story(1))
    expect(await write(sink, story(1))).toEqual(['skipped'])
    expect(slack.messages.length).toBe(1)
  })

  it('posts an alert that it was never told of, however far it is', async () => {
    await write(makeBot(), story(7))
    expect(shown()).toEqual(['🟡 MEDIUM: Updated: Shell in a pod: s'])
  })

  it('posts the most severe of each rule singly when many wait, and sums up the rest', async () => {
    const sink = makeBot({ summariseAbove: 2 })
    const rule = (id: string, level: 'low' | 'high') => ({ ...makeRule(level, id), id })
    const many = (id: string, level: 'low' | 'high', count: number): Alert[] =>
      Array.from({ length: count }, (_, i) =>
        makeAlert({ id: `${id}${i}`, rule: rule(id, level), summary: `${id} ${i}` }),
      )
    const outcomes = await write(
      sink,
      ...many('Listing', 'low', 38),
      ...many('Takeover', 'high', 3),
      ...many('Probe', 'low', 1),
    )
    expect(new Set(outcomes)).toEqual(new Set(['delivered']))
    expect(shown()).toEqual([
      '🟠 HIGH: Takeover: Takeover 0',
      '🔵 LOW: Listing: Listing 0',
      '🟠 40 more alerts: 2 high, 38 low',
    ])
    expect(JSON.stringify(slack.messages[2]!.blocks)).toContain(
      '37 more of low · Listing\\n2 more of high · Takeover\\n1 more of low · Probe',
    )
    // They go on below the message that has told of them, together.
    await write(
      sink,
      ...many('Listing', 'low', 38).map((each) => ({
        ...each,
        revision: 2,
        status: 'updated' as const,
      })),
      { ...many('Takeover', 'high', 3)[2]!, revision: 2, status: 'closed', count: 4 },
    )
    expect(shown().slice(3)).toEqual([
      '  38 alerts go on',
      '  🔵 LOW: Updated: Listing: 1 event until 2026-01-01T00:00:05.250000Z, by alice@example.com · exec_into_pod',
    ])
  })

  it('speaks in no more than thirty threads at a time, new alerts first', async () => {
    const sink = makeBot({ summariseAbove: 100 })
    const ids = Array.from({ length: 40 }, (_, i) => `a${i}`)
    await write(sink, ...ids.map((id) => makeAlert({ id })))
    const ended = ids.map((id) => makeAlert({ id, revision: 2, status: 'closed' }))
    expect(new Set(await write(sink, ...ended, makeAlert({ id: 'new' })))).toEqual(
      new Set(['delivered', 'skipped']),
    )
    expect(slack.messages.filter(({ isEdited }) => isEdited).length).toBe(30)
    expect(slack.messages.at(-1)?.text).toMatch(/^🟡 MEDIUM: Shell in a pod/)
    expect(slack.limited).toBe(0)
  })

  it('passes over no alert whose level has changed, however many they are', async () => {
    const sink = makeBot({ summariseAbove: 1 })
    const ids = Array.from({ length: 40 }, (_, i) => `a${i}`)
    await write(sink, ...ids.map((id) => makeAlert({ id })))
    const before = slack.messages.length
    const risen = ids.map((id) =>
      makeAlert({
        id,
        revision: 2,
        status: 'updated',
        rule: makeRule('high'),
        previousLevel: 'medium',
      }),
    )
    expect(new Set(await write(sink, ...risen))).toEqual(new Set(['delivered']))
    const texts = slack.messages.slice(before).map(({ text }) => text)
    expect(texts.length).toBe(32)
    expect(texts.some((text) => text.includes('9 more alerts: 9 high'))).toBe(true)
  })

  it('says in the channel what it can say in no thread, because somebody has deleted the message', async () => {
    const sink = makeBot()
    await write(sink, story(1))
    slack.delete(slack.messages[0]!.ts)
    expect(await write(sink, story(2))).toEqual(['delivered'])
    await write(sink, story(3))
    expect(shown()).toEqual([grown, `  ${grown.replace('2 events', '3 events')}`])
    slack.delete(slack.messages[0]!.ts)
    await write(sink, story(4, { status: 'closed' }))
    expect(shown().at(-1)).toBe('🟡 MEDIUM: Closed: Shell in a pod: s')
  })

  it('links to the page of the alert', async () => {
    await write(makeBot(), story(1))
    expect(JSON.stringify(slack.messages[0]!.blocks)).toContain(
      '{"type":"link","url":"https://kw.example.com/alerts/a","text":"Open the alert"}',
    )
  })

  it.each([
    ['is_archived', 'invite the bot to the channel'],
    ['not_in_channel', 'invite the bot to the channel'],
    ['token_revoked', 'put a token of a bot'],
  ] as const)('waits for an operator at %s', async (trouble, next) => {
    slack.trouble = trouble
    const [outcome] = await whileTimePasses(world, makeBot().write([story(1)], never))
    expect(outcome).toMatchObject({ status: 'retry', afterMs: 60_000, error: { retryable: false } })
    expect(wordOf(outcome!)).toContain(next)
  })

  it('reads its token again when it is refused', async () => {
    const sink = makeBot()
    world.secrets.set('token', 'old')
    await sink.start()
    expect(await write(sink, story(1))).toEqual(['retry'])
    world.secrets.set('token', slack.token)
    expect(await write(sink, story(1))).toEqual(['delivered'])
  })

  it('lets nobody be mentioned, by whatever value', async () => {
    const hostile = '<!channel> <@U123> <https://evil.example.com|ok> & *x*'
    const sink = makeBot()
    const alert = story(1, {
      actor: hostile,
      effectiveUser: hostile,
      summary: hostile,
      userAgent: hostile,
      rule: { ...makeRule('high', hostile), name: hostile },
      why: [{ selection: hostile, field: hostile, value: hostile }],
    })
    await write(sink, alert)
    await write(sink, { ...alert, revision: 2, status: 'updated' })
    await write(sink, { ...alert, revision: 3, status: 'closed' })
    expect(slack.messages.length).toBe(2)
    for (const { blocks, text } of slack.messages) {
      expect(text).not.toMatch(/[<>]/)
      expect(JSON.stringify(blocks)).not.toContain('mrkdwn')
    }
  })
})

describe("Slack's answer to a bot", () => {
  const answer = (status: number, text: string, retryAfterMs?: number) =>
    judgeBotAnswer('chat', {
      kind: 'answered',
      status,
      text,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })

  it('has the place of the message', () => {
    expect(answer(200, '{"ok":true,"channel":"C1","ts":"1.2","message":{}}')).toEqual({
      kind: 'settled',
      outcome: { status: 'delivered' },
      message: { channel: 'C1', ts: '1.2' },
    })
  })

  it.each(['message_not_found', 'cant_update_message', 'edit_window_closed', 'thread_not_found'])(
    'is about the thread: %s',
    (error) => {
      expect(answer(200, JSON.stringify({ ok: false, error }))).toEqual({ kind: 'noThread' })
    },
  )

  it.each([
    [200, 'msg_too_long', 'rejected', undefined],
    [200, 'invalid_blocks', 'rejected', undefined],
    [429, 'ratelimited', 'retry', 7_000],
    [200, 'internal_error', 'retry', undefined],
    [503, '', 'retry', undefined],
    [200, 'invalid_auth', 'retry', 60_000],
    [200, 'missing_scope', 'retry', 60_000],
    [200, 'something_new', 'retry', 60_000],
    [404, '', 'retry', 60_000],
  ])('%i %s is: %s', (status, error, expected, afterMs) => {
    const text = error === '' ? '<html>' : JSON.stringify({ ok: false, error })
    const sent = answer(status, text, status === 429 ? 7_000 : undefined)
    expect(sent).toMatchObject({
      outcome: { status: expected, ...(afterMs === undefined ? {} : { afterMs }) },
    })
  })

  it('is not repeated when it is no word of Slack', () => {
    const sent = answer(200, JSON.stringify({ ok: false, error: 'see https://CANARY' }))
    expect(JSON.stringify(sent)).not.toContain('CANARY')
  })
})

function wordOf(outcome: Outcome): string {
  return 'error' in outcome ? messageOf(outcome.error) : outcome.status
}
