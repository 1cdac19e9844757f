import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openBatch } from '../../src/app/stored-batch.ts'
import { packBatch } from '../../src/audit/batch.ts'
import { createBodySplitter } from '../../src/audit/split.ts'
import type { AuditEvent, Outcome, Sink } from '../../src/contracts.ts'
import { runArchive } from '../../src/deliver/archive.ts'
import { createMemoryLog } from '../../src/log/memory.ts'
import { createMetrics } from '../../src/util/metrics.ts'
import { pack } from '../../src/util/zstd.ts'
import { eventListBody } from '../support/bodies.ts'
import { createHastyClock } from '../support/hasty-clock.ts'
import { keepAll } from '../support/keep-all.ts'
import { createRecordingLogger } from '../support/recording-logger.ts'
import { watchCommits } from '../support/watch-commits.ts'

const delivered: Outcome = { status: 'delivered' }
const down: Outcome = { status: 'retry', error: new Error('down') }
const refused: Outcome = { status: 'rejected', error: new Error('refused') }
const never = new AbortController().signal
const split = createBodySplitter()

/** A log in memory, and a sink that answers as `answer` says, each write when `answer` has. */
function createWorld(
  options: { readonly maxInFlightBytes?: number; readonly maxAttempts?: number } = {},
) {
  const clock = createHastyClock()
  const { log, committed } = watchCommits(
    createMemoryLog({ clock, topics: { events: keepAll, 'dead-letter': keepAll } }),
  )
  const metrics = createMetrics({ withProcessMetrics: false })
  const writes: string[][] = []
  const begun = Promise.withResolvers<void>()
  const world = {
    answer: (_: AuditEvent, __: number): Outcome => delivered,
    hold: undefined as Promise<void> | undefined,
  }
  const sink: Sink<AuditEvent> = {
    name: 'scripted',
    limits: { maxItems: 1, maxBytes: 1_000_000, lingerMs: 0 },
    start: async () => undefined,
    stop: async () => undefined,
    write: async (batch, signal) => {
      writes.push(batch.map(idOf))
      const write = writes.length
      begun.resolve()
      const aborted = new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => resolve(), { once: true }),
      )
      if (world.hold !== undefined) await Promise.race([world.hold, aborted])
      return batch.map((event) => world.answer(event, write))
    },
  }
  const reading = new AbortController()
  const writing = new AbortController()
  const run = () =>
    runArchive(
      {
        log,
        sink,
        name: 'search/events',
        topic: 'events',
        group: 'archive:search',
        deadLetterTopic: 'dead-letter',
        openBatch,
        maxInFlightBytes: 1_000_000,
        clock,
        random: () => 0,
        logger: createRecordingLogger(),
        metrics,
        ...options,
      },
      reading.signal,
      writing.signal,
    )
  return {
    world,
    writes,
    log,
    reading,
    writing,
    run,
    metrics,
    append: async (...ids: readonly string[]) => {
      const chunk = split(eventListBody(ids.map((auditID) => JSON.stringify({ auditID }))))
      const frame = packBatch({
        cluster: 'prod',
        sender: '',
        bytes: chunk.bytes,
        items: chunk.items,
      })
      const records = [{ key: ids.join('+'), value: await pack(frame) }]
      await log.append([{ topic: 'events', records }], never)
    },
    cursor: async () =>
      (await log.status()).find(({ topic }) => topic === 'events')?.cursors['archive:search'] ?? 0,
    letters: async () =>
      (await log.browse('dead-letter', { order: 'oldest', limit: 10 })).map(
        ({ value }) => JSON.parse(Buffer.from(value).toString('utf8')) as unknown,
      ),
    committed,
    /** When the first write has come to the sink. */
    begun: begun.promise,
  }
}

function idOf({ raw }: AuditEvent): string {
  return String(raw['auditID'])
}

describe('the archive of a sink', () => {
  it('gets every event, and the cursor moves behind them', async () => {
    const tested = createWorld()
    await tested.log.start()
    const running = tested.run()
    await tested.append('a', 'b')
    await tested.append('c')
    await tested.committed(2)
    tested.reading.abort()
    await running
    expect(tested.writes.flat()).toEqual(['a', 'b', 'c'])
    expect(await tested.metrics.text()).toContain(
      'kubewitness_sink_deliveries_total{sink="search/events",outcome="delivered"} 3',
    )
  })

  it('repeats only what the sink did not take, and puts aside what it refuses', async () => {
    const tested = createWorld()
    await tested.log.start()
    tested.world.answer = (event, write) => {
      if (idOf(event) === 'bad') return refused
      return idOf(event) === 'late' && write < 3 ? down : delivered
    }
    await tested.append('a', 'bad', 'late')
    const running = tested.run()
    await tested.committed(1)
    tested.reading.abort()
    await running
    expect(tested.writes).toEqual([['a', 'bad', 'late'], ['late'], ['late']])
    expect(await tested.letters()).toEqual([
      {
        schema: 'kubewitness.dead-letter/v1',
        sink: 'search/events',
        alert: null,
        event: { auditID: 'bad' },
        error: 'refused',
        at: expect.stringMatching(/^2026-/) as unknown,
      },
    ])
  })

  it('passes over a batch that cannot be read any more, and counts it', async () => {
    const tested = createWorld()
    await tested.log.start()
    const running = tested.run()
    const records = [{ key: 'broken', value: Buffer.from('no batch') }]
    await tested.log.append([{ topic: 'events', records }], never)
    await tested.append('a')
    await tested.committed(2)
    tested.reading.abort()
    await running
    expect(tested.writes).toEqual([['a']])
    expect(await tested.metrics.text()).toContain(
      'kubewitness_events_dropped_total{reason="unreadable_archive"} 1',
    )
  })

  it('waits for a sink that takes nothing for as long as it takes', async () => {
    const tested = createWorld({ maxAttempts: 3 })
    await tested.log.start()
    tested.world.answer = (_, write) => (write < 12 ? down : delivered)
    await tested.append('a')
    const running = tested.run()
    await tested.committed(1)
    tested.reading.abort()
    await running
    expect(tested.writes.length).toBe(12)
    expect(await tested.letters()).toEqual([])
  })

  it('has no more on its way than it may, and moves the cursor in order', async () => {
    const tested = createWorld({ maxInFlightBytes: 1 })
    await tested.log.start()
    const held = Promise.withResolvers<void>()
    tested.world.hold = held.promise
    const running = tested.run()
    await tested.append('a')
    await tested.begun
    await tested.append('b')
    await tested.append('c')
    for (let turns = 0; turns < 20; turns++) await turn()
    expect(tested.writes).toEqual([['a']])
    expect(await tested.cursor()).toBe(0)
    held.resolve()
    await tested.committed(3)
    tested.reading.abort()
    await running
    expect(tested.writes.flat()).toEqual(['a', 'b', 'c'])
  })

  it('leaves to the next start what was on its way when time ran out', async () => {
    const tested = createWorld()
    await tested.log.start()
    tested.world.hold = new Promise(() => undefined)
    await tested.append('a')
    const running = tested.run()
    await tested.begun
    tested.reading.abort()
    tested.writing.abort()
    await running
    expect(await tested.cursor()).toBe(0)
  })
})
