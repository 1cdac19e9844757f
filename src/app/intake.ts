import { hash } from 'node:crypto'
import { type BatchToPack, packBatch } from '../audit/batch.ts'
import { itemsByPartition, type PartitionBy, pickItems } from '../audit/part-items.ts'
import type { Redactor } from '../audit/redact/redactor.ts'
import { createBodySplitter, type SplitChunk } from '../audit/split.ts'
import type {
  Consumer,
  EventBatch,
  ItemIndex,
  Log,
  LogRecord,
  Metrics,
  Produce,
  ReceivedBody,
} from '../contracts.ts'
import { release } from '../util/release.ts'
import { pack } from '../util/zstd.ts'
import { rejectedItems, rejectedRecords } from './rejects.ts'
import type { Receipt } from './sender-watch.ts'
import { eventsTopic, rejectedTopic } from './topics.ts'

export interface IntakeOptions {
  readonly log: Log
  readonly redactor: Redactor
  readonly metrics: Metrics
  /** Where the topic `events` has several partitions. */
  readonly partitionBy?: PartitionBy
  /** Told of every body that has become durable: a cluster that falls silent is missed by it. */
  readonly onReceived?: (receipt: Receipt, items: ItemIndex) => void
  /** The same with the events as they came, before redaction: for looking at, not for keeping. */
  readonly onEvents?: (batch: EventBatch) => void
}

/** Of what is being stored so much stays opened for who detects; what is beyond it, they unpack. */
const maxOpenedBytes = 8 << 20

/**
 * What happens between a request and its answer: item boundaries, redaction, one durable append. Nothing is decoded.
 * The good items become one record of `events` (one for each partition that they belong to), the others records of
 * `rejected`, in one atomic step.
 * The key of the record is the hash of its bytes, so that a body sent again (its answer was lost) is stored once.
 */
export function createIntake({
  log,
  redactor,
  metrics,
  partitionBy: by = 'cluster',
  onReceived,
  onEvents,
}: IntakeOptions): Consumer<ReceivedBody> {
  const splitBody = createBodySplitter()
  let openedBytes = 0

  /** Resolves once durable. The opened records are given up then. */
  const append = async (produced: readonly Produce[], signal: AbortSignal): Promise<void> => {
    const opened = produced.flatMap(({ records }) => records.flatMap(({ opened: it }) => it ?? []))
    const bytes = opened.reduce((sum, { length }) => sum + length, 0)
    openedBytes += bytes
    try {
      await log.append(produced, signal)
    } finally {
      openedBytes -= bytes
      for (const frame of opened) release(frame)
    }
  }

  return {
    consume: async (body, signal) => {
      const chunk = splitBody(body.bytes)
      const events = await eventRecords(body, chunk, redactor, {
        parting: { by, partitions: log.partitions(eventsTopic) },
        maxOpenedBytes: maxOpenedBytes - openedBytes,
      })
      const rejected = rejectedRecords(
        rejectedItems(body.cluster, chunk, body.receivedAtMs, redactor),
      )
      const produced = [
        ...(events.length === 0 ? [] : [{ topic: eventsTopic, records: events }]),
        ...(rejected.length === 0 ? [] : [{ topic: rejectedTopic, records: rejected }]),
      ]
      if (produced.length > 0) await append(produced, signal)
      const { cluster, sender, receivedAtMs } = body
      onReceived?.({ cluster, sender, receivedAtMs }, chunk.items)
      if (chunk.items.count > 0)
        onEvents?.({ cluster, sender, receivedAtMs, bytes: chunk.bytes, index: chunk.items })
      count(metrics, body.cluster, chunk, redactor)
    },
  }
}

/** Redacted, packed and compressed: what is stored of the good items of a body, one record for each partition that it has some of. */
async function eventRecords(
  { cluster, sender }: ReceivedBody,
  chunk: SplitChunk,
  redactor: Redactor,
  options: {
    readonly parting: { readonly by: PartitionBy; readonly partitions: number }
    /** A larger one is not kept opened. */
    readonly maxOpenedBytes: number
  },
): Promise<LogRecord[]> {
  const { bytes, items } = chunk
  const { parting, maxOpenedBytes } = options
  if (items.count === 0) return []
  const replacements = redactItems(chunk, redactor)
  const toRecord = async (batch: BatchToPack): Promise<LogRecord> => {
    const frame = packBatch(batch)
    const value = await pack(frame)
    const record = { key: hash('sha256', value).slice(0, 32), value }
    if (frame.length <= maxOpenedBytes) return { ...record, opened: frame }
    release(frame)
    return record
  }
  if (parting.partitions === 1)
    return [await toRecord({ cluster, sender, bytes, items, replacements })]
  return Promise.all(
    [...itemsByPartition(cluster, items, parting)].map(async ([partition, numbers]) => {
      const record = await toRecord({
        cluster,
        sender,
        bytes,
        items: pickItems(items, numbers),
        replacements: renumbered(replacements, numbers),
      })
      return { ...record, partition }
    }),
  )
}

function renumbered(
  replacements: ReadonlyMap<number, Uint8Array>,
  numbers: readonly number[],
): ReadonlyMap<number, Uint8Array> {
  return new Map(
    numbers.flatMap((number, place) => {
      const replacement = replacements.get(number)
      return replacement === undefined ? [] : [[place, replacement]]
    }),
  )
}

/** The items that had to be changed, by their number. */
export function redactItems(
  { bytes, items }: SplitChunk,
  redactor: Redactor,
): Map<number, Uint8Array> {
  const replacements = new Map<number, Uint8Array>()
  redactor.prepare(bytes)
  for (let i = 0; i < items.count; i++) {
    const redacted = redactor.redactItem(bytes, items.starts[i]!, items.ends[i]!, {
      uriStart: items.uriStarts[i]!,
      uriEnd: items.uriEnds[i]!,
      hasBody: items.hasBody[i] === 1,
    })
    if (redacted !== undefined) replacements.set(i, redacted)
  }
  return replacements
}

function count(metrics: Metrics, cluster: string, chunk: SplitChunk, redactor: Redactor): void {
  metrics.add('kubewitness_events_received_total', chunk.items.count, { cluster })
  for (const { reason } of chunk.rejects)
    metrics.add('kubewitness_events_rejected_total', 1, { cluster, reason })
  for (const [kind, value] of Object.entries(redactor.takeCounts()))
    metrics.add('kubewitness_redactions_total', value, { kind })
}
