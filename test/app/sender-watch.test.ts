import { describe, expect, it } from 'vitest'
import type { Alarm } from '../../src/app/alarms.ts'
import { createSenderReports } from '../../src/app/sender-reports.ts'
import { createSenderWatch, type SenderWatch } from '../../src/app/sender-watch.ts'
import { splitBody } from '../../src/audit/split.ts'
import type { ItemIndex } from '../../src/contracts.ts'
import { createMemoryLog } from '../../src/log/memory.ts'
import { logConfigSchema, topicOptions } from '../../src/log/table.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'

const minuteMs = 60_000
const topics = topicOptions(logConfigSchema.parse({ type: 'memory' }), {})

function itemsOf(user: string, count: number): ItemIndex {
  const event = JSON.stringify({ auditID: 'a', stage: 'Panic', user: { username: user } })
  return splitBody(Buffer.from(Array(count).fill(event).join('\n'))).items
}

const some = itemsOf('alice', 100)
const few = itemsOf('alice', 3)
const ofStart = itemsOf('system:apiserver', 250)

interface Watching {
  readonly clock: FakeClock
  readonly watch: SenderWatch
  /** What was raised since it was last asked. */
  raised(): string[]
  /** What was said to be over since it was last asked. */
  over(): string[]
  /** Minute by minute, each sender's items. */
  pass(minutes: number, bySender: Readonly<Record<string, ItemIndex>>): Promise<void>
}

async function startWatch(): Promise<Watching & AsyncDisposable> {
  const clock = createFakeClock()
  const log = createMemoryLog({ clock, topics })
  await log.start()
  let raised: Alarm[] = []
  let over: string[] = []
  const watch = createSenderWatch({
    clock,
    silentAfterMs: 10 * minuteMs,
    reports: createSenderReports({ log, clock }),
    logger: silentLogger,
    alarms: {
      raise: (alarm) => raised.push(alarm),
      clear: ({ code, cluster = '', subject }) =>
        over.push([code, cluster, subject].join(' ').trim()),
    },
  })
  await watch.start()
  return {
    clock,
    watch,
    raised: () => {
      const told = raised.map(({ code, cluster, subject }) =>
        code === 'sender_silent' ? `${code} ${cluster}` : `${code} ${cluster} ${subject}`,
      )
      raised = []
      return told
    },
    over: () => {
      const told = over
      over = []
      return told
    },
    pass: async (minutes, bySender) => {
      for (let minute = 0; minute < minutes; minute++) {
        for (const [sender, items] of Object.entries(bySender))
          watch.received({ cluster: 'prod', sender, receivedAtMs: clock.nowMs() }, items)
        await clock.advance(minuteMs)
      }
    },
    [Symbol.asyncDispose]: () => watch.stop(AbortSignal.timeout(1000)),
  }
}

describe('the watch over senders', () => {
  it('says when what was silent speaks again, or hardly spoke', async () => {
    await using watching = await startWatch()
    await watching.pass(30, { a: some, b: some })
    expect(watching.over()).toEqual([
      'sender_silent prod',
      'apiserver_silent prod a',
      'apiserver_silent prod b',
    ])
    await watching.pass(15, { a: some })
    await watching.pass(1, { a: some, b: some })
    expect(watching.over()).toEqual(['apiserver_silent prod b'])
    await watching.pass(15, { b: some })
    await watching.pass(20, {})
    await watching.pass(1, { b: some })
    expect(watching.over()).toEqual(['sender_silent prod', 'apiserver_silent prod b'])
  })

  it('says when one that sent little sends as usual', async () => {
    await using watching = await startWatch()
    await watching.pass(30, { a: some })
    watching.over()
    await watching.pass(6, { a: few })
    expect(watching.raised()).toEqual(['apiserver_events_low prod a'])
    await watching.pass(6, { a: some })
    expect(watching.over()).toEqual(['apiserver_events_low prod a'])
  })

  it('misses a cluster that has sent before, once per silence', async () => {
    await using watching = await startWatch()
    await watching.pass(1, { a: some })
    await watching.pass(8, {})
    expect(watching.raised()).toEqual([])
    await watching.pass(60, {})
    expect(watching.raised()).toEqual(['sender_silent prod'])
    await watching.pass(1, { a: some })
    await watching.pass(11, {})
    expect(watching.raised()).toEqual(['sender_silent prod'])
  })

  it('misses an API server while others send, once', async () => {
    await using watching = await startWatch()
    await watching.pass(30, { a: some, b: some })
    await watching.pass(60, { b: some })
    expect(watching.raised()).toEqual(['apiserver_silent prod a'])
  })

  it('does not miss who came by only once', async () => {
    await using watching = await startWatch()
    await watching.pass(1, { a: some, passer: few })
    await watching.pass(60, { a: some })
    expect(watching.raised()).toEqual([])
  })

  it('misses most of what is usual, once until it is back', async () => {
    await using watching = await startWatch()
    await watching.pass(60, { a: some })
    await watching.pass(60, { a: few })
    expect(watching.raised()).toEqual(['apiserver_events_low prod a'])
    await watching.pass(90, { a: some })
    expect(watching.raised()).toEqual([])
    await watching.pass(20, { a: few })
    expect(watching.raised()).toEqual(['apiserver_events_low prod a'])
  })

  it('takes half of what is usual, and nights, for granted', async () => {
    await using watching = await startWatch()
    await watching.pass(60, { a: some })
    await watching.pass(60, { a: itemsOf('alice', 30) })
    await watching.pass(60, { a: some })
    expect(watching.raised()).toEqual([])
  })

  it('sees that an API server starts by what it asks itself, and then expects little of it for a while', async () => {
    await using watching = await startWatch()
    await watching.pass(30, { a: some })
    await watching.pass(1, { a: ofStart })
    expect(watching.raised()).toEqual(['apiserver_restarted prod a'])
    await watching.pass(8, { a: few })
    expect(watching.raised()).toEqual([])
  })

  it('takes a busy API server that it meets for one that has been running', async () => {
    await using watching = await startWatch()
    await watching.pass(60, { a: ofStart })
    expect(watching.raised()).toEqual([])
  })
})
