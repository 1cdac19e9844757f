import { decodeItem, toAuditEvent } from '../audit/event.ts'
import type {
  AuditEvent,
  Clock,
  EventBatch,
  Log,
  Logger,
  LogRecord,
  Metrics,
  Sink,
  StoredRecord,
} from '../contracts.ts'
import { messageOf } from '../errors.ts'
import type { BackoffOptions } from '../util/backoff.ts'
import { release } from '../util/release.ts'
import { createBudget } from './budget.ts'
import { refusedEventLetter } from './dead-letter.ts'
import { defaultRetry, retryWaitMs } from './retry.ts'
import { createWriter } from './write.ts'

export interface ArchiveOptions {
  readonly log: Log
  readonly sink: Sink<AuditEvent>
  /** Label of metrics, and name in diagnostics. */
  readonly name: string
  readonly topic: string
  readonly group: string
  readonly deadLetterTopic: string
  readonly openBatch: (record: StoredRecord) => EventBatch
  /** Most bytes of events that are read and not yet settled; one delivery whatever its size. */
  readonly maxInFlightBytes: number
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly metrics: Metrics
  readonly retry?: BackoffOptions
  /** How often an event may fail in writes in which the sink took others, before it is a dead letter. */
  readonly maxAttempts?: number
}

/** As stored: some thousand events without bodies. */
const limits = { maxRecords: 256, maxBytes: 256 * 1024 }

/**
 * Brings every event from the log to one sink, at least once, with a cursor of its own. Several deliveries are on their way
 * at a time; the cursor moves in their order, behind what is delivered or among the dead letters. What does not fit into
 * the bytes in flight waits in the log, for as long as it keeps it: nobody waits for this reader.
 * Resolves when `reading` aborts and all that was read is settled, or `writing` aborts; rejects when the log fails.
 */
export async function runArchive(
  options: ArchiveOptions,
  reading: AbortSignal,
  writing: AbortSignal,
): Promise<void> {
  const { log, sink, topic, group, deadLetterTopic, clock } = options
  const settle = createEventSettler(options, writing)
  const budget = createBudget(options.maxInFlightBytes)
  const failed = new AbortController()
  const stopping = AbortSignal.any([reading, failed.signal])
  let committed: Promise<void> = Promise.resolve()
  for await (const delivery of log.read(topic, group, 'committed', limits, stopping)) {
    const { events, bytes } = decodeEvents(delivery.records, options)
    await budget.take(bytes)
    const before = committed
    const settled = settle(events)
    committed = Promise.all([settled, before])
      .then(([records]) =>
        delivery.commit(records.length === 0 ? [] : [{ topic: deadLetterTopic, records }]),
      )
      .finally(() => budget.give(bytes))
    committed.catch((error: unknown) => failed.abort(error))
    if (stopping.aborted) break
    // Few events: those that come meanwhile go with the next ones.
    if (events.length * 4 < sink.limits.maxItems)
      await clock.sleep(sink.limits.lingerMs, stopping).catch(() => undefined)
  }
  try {
    await committed
  } catch (error) {
    if (!writing.aborted) throw error
  }
}

interface DecodedEvents {
  readonly events: readonly AuditEvent[]
  readonly bytes: number
}

/** What cannot be read any more is counted and said, and keeps nothing behind it from being archived. */
function decodeEvents(
  records: readonly StoredRecord[],
  { openBatch, logger, metrics, name }: ArchiveOptions,
): DecodedEvents {
  const events: AuditEvent[] = []
  let bytes = 0
  const readable = <T>(what: string, read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      logger.error(`${what} cannot be archived`, { sink: name, error: messageOf(error) })
      metrics.add('kubewitness_events_dropped_total', 1, { reason: 'unreadable_archive' })
      return undefined
    }
  }
  for (const record of records) {
    const batch = readable('A stored batch', () => openBatch(record))
    if (batch === undefined) continue
    bytes += batch.bytes.byteLength
    for (let item = 0; item < batch.index.count; item++) {
      const raw = readable('A stored event', () => decodeItem(batch, item))
      if (raw !== undefined) events.push(toAuditEvent(raw, batch))
    }
    release(batch.bytes)
  }
  return { events, bytes }
}

/** Writes events until each is delivered or refused for good; gives the dead letters of the latter. Rejects when the signal aborts. */
function createEventSettler(
  options: ArchiveOptions,
  signal: AbortSignal,
): (events: readonly AuditEvent[]) => Promise<readonly LogRecord[]> {
  const { sink: to, name, clock, random, metrics } = options
  const { retry = defaultRetry, maxAttempts = 50 } = options
  const writer = createWriter<AuditEvent, AuditEvent>(
    { ...options, sink: name, maxAttempts },
    {
      to,
      keyOf: ({ id }) => id,
      contentOf: (event) => event,
      letterOf: (event, error, nowMs) => refusedEventLetter(name, event, error, nowMs),
    },
  )
  return async (events) => {
    const letters: LogRecord[] = []
    let pending = events
    for (let round = 0; pending.length > 0; round++) {
      signal.throwIfAborted()
      const { settled, unsettled, repeats } = await writer.write(pending, signal)
      signal.throwIfAborted()
      letters.push(...settled.flatMap(({ letter }) => letter ?? []))
      pending = unsettled
      if (pending.length === 0) break
      metrics.add('kubewitness_sink_retries_total', 1, { sink: name })
      await clock.sleep(retryWaitMs(repeats, retry, round, random), signal)
    }
    return letters
  }
}
