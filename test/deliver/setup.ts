import { afterEach } from 'vitest'
import type { Alert, Log, Outcome, Sink, SinkLimits } from '../../src/contracts.ts'
import {
  createDelivery,
  type DeliveryOptions,
  type SinkDelivery,
} from '../../src/deliver/deliver.ts'
import { createMemoryLog } from '../../src/log/memory.ts'
import { createMetrics, type MetricsRegistry } from '../../src/util/metrics.ts'
import { makeAlert } from '../sinks/make-alert.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { keepAll } from '../support/keep-all.ts'
import { createRecordingLogger, type RecordingLogger } from '../support/recording-logger.ts'

const never = new AbortController().signal

/** A sink that answers as `answer` says and remembers what it was given. */
export interface ScriptedSink extends Sink<Alert> {
  readonly writes: string[][]
  readonly lifecycle: string[]
  answer: (alert: Alert, write: number) => Outcome
  /** Held writes wait until released or aborted. */
  hold: Promise<void> | undefined
}

export const delivered: Outcome = { status: 'delivered' }
export const down: Outcome = { status: 'retry', error: new Error('down') }

export function createScriptedSink(limits: Partial<SinkLimits> = {}): ScriptedSink {
  const sink: ScriptedSink = {
    name: 'scripted',
    limits: { maxItems: 10, maxBytes: 1_000_000, lingerMs: 0, ...limits },
    writes: [],
    lifecycle: [],
    answer: () => delivered,
    hold: undefined,
    start: async () => void sink.lifecycle.push('start'),
    stop: async () => void sink.lifecycle.push('stop'),
    write: async (batch, signal) => {
      sink.writes.push(batch.map(({ id }) => id))
      const write = sink.writes.length
      const aborted = new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => resolve(), { once: true }),
      )
      if (sink.hold !== undefined) await Promise.race([sink.hold, aborted])
      if (signal.aborted) return batch.map(() => ({ status: 'retry', error: new Error('stopped') }))
      return batch.map((alert) => sink.answer(alert, write))
    },
  }
  return sink
}

/** A log in memory, one delivery on it, and what it can be watched by. */
export interface DeliveryUnderTest {
  readonly log: Log
  readonly clock: FakeClock
  readonly logger: RecordingLogger
  readonly metrics: MetricsRegistry
  readonly sink: ScriptedSink
  readonly delivery: SinkDelivery
  append(...alerts: readonly Alert[]): Promise<void>
  appendBytes(value: Uint8Array): Promise<void>
  /** Offset that the sink's group reads next. */
  cursor(): Promise<number>
  /** Waits until the group has read so far, while the clock goes on in steps of `stepMs`. */
  untilCursor(offset: number, stepMs?: number): Promise<void>
  deadLetters(): Promise<unknown[]>
  stop(): Promise<void>
}

export function createUnderTest(
  sink: ScriptedSink,
  changes: Partial<DeliveryOptions> = {},
): DeliveryUnderTest {
  const clock = createFakeClock()
  const log =
    changes.log ??
    createMemoryLog({
      clock,
      topics: { alerts: keepAll, 'dead-letter': { ...keepAll, uniqueKeys: false } },
    })
  const logger = createRecordingLogger()
  const metrics = createMetrics({ withProcessMetrics: false })
  const delivery = createDelivery({
    log,
    sink,
    name: 'scripted',
    clock,
    random: () => 0,
    logger,
    metrics,
    ...changes,
  })
  let appended = 0
  const appendBytes = (value: Uint8Array) =>
    log.append([{ topic: 'alerts', records: [{ key: String(appended++), value }] }], never)
  const cursor = async () => {
    const topics = await log.status()
    return topics.find(({ topic }) => topic === 'alerts')?.cursors['sink:scripted'] ?? 0
  }
  return {
    log,
    clock,
    logger,
    metrics,
    sink,
    delivery,
    appendBytes,
    append: async (...alerts) => {
      for (const alert of alerts) await appendBytes(Buffer.from(JSON.stringify(alert)))
    },
    cursor,
    untilCursor: async (offset, stepMs = 0) => {
      let reached = await cursor()
      for (let turn = 0; turn < 10_000 && reached < offset; turn++) {
        await clock.advance(stepMs)
        reached = await cursor()
      }
      if (reached < offset) throw new Error(`the cursor stays at ${reached}`)
    },
    deadLetters: async () => {
      const records = await log.browse('dead-letter', { order: 'oldest', limit: 100 })
      return records.map(({ value }) => JSON.parse(Buffer.from(value).toString('utf8')) as unknown)
    },
    stop: () => delivery.stop(AbortSignal.timeout(5_000)),
  }
}

/** Makes deliveries, and starts them if so asked; they are stopped behind each test of the file. */
export function deliveriesOfTests(): {
  readonly made: typeof createUnderTest
  readonly started: (...given: Parameters<typeof createUnderTest>) => Promise<DeliveryUnderTest>
} {
  const running: DeliveryUnderTest[] = []
  afterEach(async () => {
    for (const tested of running.splice(0)) await tested.stop()
  })
  const made: typeof createUnderTest = (sink, changes) => {
    const tested = createUnderTest(sink, changes)
    running.push(tested)
    return tested
  }
  const started = async (...given: Parameters<typeof createUnderTest>) => {
    const tested = made(...given)
    await tested.delivery.start()
    return tested
  }
  return { made, started }
}

export function alerts(...ids: readonly string[]): Alert[] {
  return ids.map((id) => makeAlert({ id }))
}
