import { describe, expect, it } from 'vitest'
import type { Alert, Level } from '../../src/contracts.ts'
import { routesSchema } from '../../src/deliver/route/routes.ts'
import { routingOf } from '../../src/deliver/routing.ts'
import { KubewitnessError } from '../../src/errors.ts'
import { makeAlert, makeRule } from '../sinks/make-alert.ts'
import { eventually } from '../sinks/world.ts'
import {
  alerts,
  createScriptedSink,
  createUnderTest,
  type DeliveryUnderTest,
  delivered,
  deliveriesOfTests,
  down,
} from './setup.ts'

const refusedForGood = {
  status: 'rejected',
  error: new KubewitnessError('sink.rejected', 'writing: no'),
} as const

const { made, started } = deliveriesOfTests()

function alertOf(id: string, level: Level): Alert {
  return makeAlert({ id, rule: makeRule(level) })
}

async function metric(tested: DeliveryUnderTest, line: string): Promise<boolean> {
  return (await tested.metrics.text()).split('\n').includes(line)
}

describe('a delivery', () => {
  it('brings alerts in the order of the log and commits them', async () => {
    const tested = await started(createScriptedSink())
    await tested.append(...alerts('a', 'b', 'c'))
    await tested.untilCursor(3)
    expect(tested.sink.writes.flat()).toEqual(['a', 'b', 'c'])
    expect(tested.logger.lines).toEqual([])
    expect(await metric(tested, 'kubewitness_sink_up{sink="scripted"} 1')).toBe(true)
  })

  it('writes batches no larger than the sink allows', async () => {
    const tested = made(createScriptedSink({ maxItems: 2 }))
    await tested.append(...alerts('a', 'b', 'c', 'd', 'e'))
    await tested.delivery.start()
    await tested.untilCursor(5)
    expect(tested.sink.writes).toEqual([['a', 'b'], ['c', 'd'], ['e']])
  })

  it('writes batches no larger in bytes than the sink allows', async () => {
    const size = JSON.stringify(makeAlert({ id: 'a' })).length
    const tested = made(createScriptedSink({ maxBytes: size * 2 + 20 }))
    await tested.append(...alerts('a', 'b', 'c'))
    await tested.delivery.start()
    await tested.untilCursor(3)
    expect(tested.sink.writes).toEqual([['a', 'b'], ['c']])
  })

  it('lets the oldest alert wait for company, and no longer than the sink says', async () => {
    const tested = await started(createScriptedSink({ lingerMs: 1_000 }))
    await tested.append(...alerts('a'))
    await tested.clock.advance(600)
    await tested.append(...alerts('b'))
    await tested.clock.advance(399)
    expect(tested.sink.writes).toEqual([])
    await tested.clock.advance(1)
    await tested.untilCursor(2)
    expect(tested.sink.writes).toEqual([['a', 'b']])
  })

  it('passes over alerts below the minimum level', async () => {
    const tested = await started(createScriptedSink(), { minimumLevel: 'high' })
    await tested.append(alertOf('low', 'low'), alertOf('high', 'high'), alertOf('medium', 'medium'))
    await tested.untilCursor(3)
    expect(tested.sink.writes.flat()).toEqual(['high'])
    expect(
      await metric(
        tested,
        'kubewitness_sink_deliveries_total{sink="scripted",outcome="skipped"} 2',
      ),
    ).toBe(true)
  })

  it('passes over alerts that no route brings to the sink, and counts why', async () => {
    const tested = await started(createScriptedSink(), {
      minimumLevel: 'medium',
      routing: routingOf({
        routes: routesSchema.parse([
          { match: { actor: 'b' }, sinks: ['other'] },
          { sinks: ['other', 'scripted'] },
        ]),
        inhibit: [],
      }),
    })
    const byActor = alerts('a', 'b', 'c').map((alert) => ({ ...alert, actor: alert.id }))
    await tested.append(...byActor, alertOf('low', 'low'))
    await tested.untilCursor(4)
    expect(tested.sink.writes.flat()).toEqual(['a', 'c'])
    const suppressed = (reason: string, count: number): Promise<boolean> =>
      metric(
        tested,
        `kubewitness_notifications_suppressed_total{sink="scripted",reason="${reason}"} ${count}`,
      )
    expect([await suppressed('route', 1), await suppressed('level', 1)]).toEqual([true, true])
  })

  it('repeats only what asks for it, and commits nothing before all is settled', async () => {
    const sink = createScriptedSink()
    sink.answer = ({ id }, write) => (id === 'b' && write < 3 ? down : delivered)
    const tested = made(sink)
    await tested.append(...alerts('a', 'b', 'c'))
    await tested.delivery.start()
    await tested.clock.advance(499)
    expect(await tested.cursor()).toBe(0)
    await tested.untilCursor(3, 100)
    expect(sink.writes).toEqual([['a', 'b', 'c'], ['b'], ['b']])
    expect(await tested.deadLetters()).toEqual([])
  })

  it('waits longer from attempt to attempt, up to a minute', async () => {
    const sink = createScriptedSink()
    const atMs: number[] = []
    const tested = await started(sink)
    const startMs = tested.clock.nowMs()
    sink.answer = () => {
      atMs.push(tested.clock.nowMs() - startMs)
      return down
    }
    await tested.append(...alerts('a'))
    await tested.clock.advance(200_000)
    const waits = atMs.slice(1).map((ms, i) => ms - atMs[i]!)
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  })

  it('waits as long as the sink asks for', async () => {
    const sink = createScriptedSink()
    sink.answer = (_, write) => (write === 1 ? { ...down, afterMs: 30_000 } : delivered)
    const tested = await started(sink)
    await tested.append(...alerts('a'))
    await tested.clock.advance(29_999)
    expect(sink.writes).toEqual([['a']])
    await tested.clock.advance(1)
    await tested.untilCursor(1)
    expect(sink.writes).toEqual([['a'], ['a']])
  })

  it('puts what is refused for good among the dead letters and goes on', async () => {
    const sink = createScriptedSink()
    sink.answer = ({ id }) => (id === 'b' ? refusedForGood : delivered)
    const tested = made(sink)
    await tested.append(...alerts('a', 'b', 'c'))
    await tested.delivery.start()
    await tested.untilCursor(3)
    expect(await tested.deadLetters()).toEqual([
      {
        schema: 'kubewitness.dead-letter/v1',
        sink: 'scripted',
        alert: makeAlert({ id: 'b' }),
        error: 'sink.rejected: writing: no',
        at: '2026-01-01T00:00:00.000Z',
      },
    ])
    expect(await metric(tested, 'kubewitness_sink_dead_letters_total{sink="scripted"} 1')).toBe(
      true,
    )
  })

  it('puts a record that is no alert among the dead letters and delivers its neighbours', async () => {
    const tested = made(createScriptedSink())
    await tested.append(...alerts('a'))
    await tested.appendBytes(Buffer.from('{"schema":'))
    await tested.appendBytes(Buffer.from([0x22, 0xff, 0x22]))
    await tested.appendBytes(Buffer.from('{"schema":"kubewitness.alert/v1","id":""}'))
    await tested.append(...alerts('b'))
    await tested.delivery.start()
    await tested.untilCursor(5)
    expect(tested.sink.writes.flat()).toEqual(['a', 'b'])
    const letters = (await tested.deadLetters()) as { alert: null; value: string; error: string }[]
    expect(letters.map(({ alert, error, value }) => [alert, error, value])).toEqual([
      [null, 'decoding a record of the topic alerts: not JSON', 'eyJzY2hlbWEiOg=='],
      [null, 'decoding a record of the topic alerts: not JSON', 'Iv8i'],
      [
        null,
        'decoding a record of the topic alerts: not an alert: id',
        Buffer.from('{"schema":"kubewitness.alert/v1","id":""}').toString('base64'),
      ],
    ])
  })

  it('waits for a sink that is down without end, and loses nothing', async () => {
    const sink = createScriptedSink()
    sink.answer = () => down
    const tested = await started(sink, { maxAttempts: 3 })
    await tested.append(...alerts('a', 'b'))
    await tested.clock.advance(24 * 3_600_000)
    expect(sink.writes.length).toBeGreaterThan(1_000)
    expect(await tested.cursor()).toBe(0)
    sink.answer = () => delivered
    await tested.untilCursor(2, 60_000)
    expect(sink.writes.at(-1)).toEqual(['a', 'b'])
    expect(await tested.deadLetters()).toEqual([])
  })

  it('lets new alerts pass one that fails, and puts it aside after enough failures beside successes', async () => {
    const sink = createScriptedSink()
    sink.answer = ({ id }) => (id === 'bad' ? down : delivered)
    const tested = await started(sink, { maxAttempts: 3 })
    await tested.append(...alerts('bad'))
    await tested.clock.advance(600_000)
    expect(await tested.deadLetters()).toEqual([])
    for (const id of ['a', 'b', 'c']) {
      await tested.append(...alerts(id))
      await tested.clock.advance(60_000)
    }
    await tested.untilCursor(4, 1_000)
    expect(sink.writes.flat().filter((id) => id !== 'bad')).toEqual(['a', 'b', 'c'])
    expect(await tested.deadLetters()).toMatchObject([{ alert: { id: 'bad' }, error: 'down' }])
  })

  it('takes nothing that a sink has no news of for a sign that it works', async () => {
    const sink = createScriptedSink()
    sink.answer = ({ id }) => (id === 'news' ? down : { status: 'skipped' })
    const tested = await started(sink, { maxAttempts: 3 })
    await tested.append(...alerts('news'))
    for (const id of ['a', 'b', 'c', 'd']) {
      await tested.append(...alerts(id))
      await tested.clock.advance(60_000)
    }
    expect(await tested.deadLetters()).toEqual([])
    expect(await metric(tested, 'kubewitness_sink_up{sink="scripted"} 0')).toBe(true)
    expect(tested.logger.lines).toEqual([
      "warn Sink is down; what it is to get waits in the log { sink: 'scripted', error: 'down' }",
    ])
    sink.answer = () => delivered
    await tested.untilCursor(5, 1_000)
    expect(sink.writes.at(-1)).toEqual(['news'])
    expect(
      await metric(
        tested,
        'kubewitness_notifications_suppressed_total{sink="scripted",reason="no_news"} 4',
      ),
    ).toBe(true)
  })

  it('never gives up what was not tried, or came to a sink that was busy', async () => {
    const sink = createScriptedSink()
    sink.answer = ({ id }) => (id === 'late' ? { ...down, isBlameless: true } : delivered)
    const tested = await started(sink, { maxAttempts: 3 })
    await tested.append(...alerts('late'))
    for (const id of ['a', 'b', 'c', 'd']) {
      await tested.append(...alerts(id))
      await tested.clock.advance(60_000)
    }
    expect(await tested.deadLetters()).toEqual([])
    sink.answer = () => delivered
    await tested.untilCursor(5, 1_000)
    expect(sink.writes.at(-1)).toEqual(['late'])
  })

  it('says once that a sink is down, needs an operator, or is back', async () => {
    const sink = createScriptedSink()
    sink.answer = () => down
    const tested = await started(sink)
    await tested.append(...alerts('a'))
    await tested.clock.advance(300_000)
    expect(await metric(tested, 'kubewitness_sink_up{sink="scripted"} 0')).toBe(true)
    const refusing = new KubewitnessError('sink.unavailable', 'posting: answered 403', {
      next: 'renew it',
    })
    sink.answer = () => ({ status: 'retry', error: refusing })
    await tested.clock.advance(300_000)
    sink.answer = () => delivered
    await tested.untilCursor(1, 1_000)
    expect(tested.logger.lines).toEqual([
      "warn Sink is down; what it is to get waits in the log { sink: 'scripted', error: 'down' }",
      expect.stringMatching(
        /^error Sink refuses everything; what it is to get waits in the log .*answered 403; renew it/s,
      ),
      "info Sink is up again { sink: 'scripted' }",
    ])
    expect(await metric(tested, 'kubewitness_sink_up{sink="scripted"} 1')).toBe(true)
  })

  it('treats a sink that throws or miscounts as one that took nothing', async () => {
    const sink = createScriptedSink()
    const write = sink.write
    let calls = 0
    sink.write = async (batch, signal) => {
      calls++
      if (calls === 1) throw new Error('a bug')
      if (calls === 2) return []
      return write(batch, signal)
    }
    const tested = await started(sink)
    await tested.append(...alerts('a'))
    await tested.untilCursor(1, 1_000)
    expect([calls, sink.writes]).toEqual([3, [['a']]])
  })

  it('writes the same alerts again after a replay', async () => {
    const tested = made(createScriptedSink())
    await tested.append(...alerts('a', 'b'))
    await tested.delivery.start()
    await tested.untilCursor(2)
    await tested.log.replay('alerts', 'sink:scripted', 0)
    await tested.untilCursor(2)
    expect(tested.sink.writes).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
  })

  it('forgets what it has settled when a replay comes between', async () => {
    const sink = createScriptedSink()
    const tested = await started(sink)
    await tested.append(...alerts('a'))
    await tested.untilCursor(1)
    sink.answer = ({ id }) => (id === 'c' ? down : delivered)
    await tested.log.append(
      [
        {
          topic: 'alerts',
          records: alerts('b', 'c').map((alert) => ({
            key: alert.id,
            value: Buffer.from(JSON.stringify(alert)),
          })),
        },
      ],
      new AbortController().signal,
    )
    await eventually(() => tested.clock.sleepers === 1)
    await tested.log.replay('alerts', 'sink:scripted', 0)
    sink.answer = () => delivered
    await tested.untilCursor(3, 100)
    expect(sink.writes).toEqual([['a'], ['b', 'c'], ['a', 'b', 'c']])
  })

  it('begins with the shortest wait again after a success', async () => {
    const sink = createScriptedSink()
    const tested = await started(sink)
    sink.answer = (_, write) => (write < 5 ? down : delivered)
    await tested.append(...alerts('a'))
    await tested.untilCursor(1, 100)
    sink.answer = (_, write) => (write < 7 ? down : delivered)
    await tested.append(...alerts('b'))
    await eventually(() => tested.clock.sleepers === 1)
    await tested.clock.advance(500)
    await eventually(() => sink.writes.length === 7)
  })
})

describe('several deliveries', () => {
  it('do not wait for each other', async () => {
    const dead = createScriptedSink()
    dead.answer = () => down
    const first = await started(dead)
    const second = await started(createScriptedSink(), { log: first.log, group: 'sink:other' })
    await first.append(...alerts('a', 'b', 'c'))
    await eventually(() => second.sink.writes.flat().length === 3)
    expect([second.sink.writes.flat(), await first.cursor()]).toEqual([['a', 'b', 'c'], 0])
  })
})

describe('a log that refuses', () => {
  it('is asked again, and what the sink has taken is not written twice', async () => {
    const sink = createScriptedSink()
    const base = createUnderTest(createScriptedSink())
    let refusals = 2
    const log = {
      ...base.log,
      read: async function* (...parameters: Parameters<typeof base.log.read>) {
        for await (const delivery of base.log.read(...parameters)) {
          yield {
            ...delivery,
            commit: async (produced = []) => {
              if (refusals-- > 0) {
                throw new KubewitnessError('log.full', 'appending to dead-letter', {
                  retryable: true,
                  retryAfterMs: 5_000,
                })
              }
              await delivery.commit(produced)
            },
          }
        }
      } as typeof base.log.read,
    }
    const tested = await started(sink, { log })
    await tested.append(...alerts('a'))
    await tested.untilCursor(1, 1_000)
    expect(sink.writes).toEqual([['a']])
  })
})
