import type { Log, LogRecord, TopicOptions } from '../../../src/contracts.ts'
import { keepAll } from '../../support/keep-all.ts'

/** What is appended goes to `events`, and from there once each to `copies`, where nothing hides a second one. */
export const copyTopics: Readonly<Record<string, TopicOptions>> = {
  events: keepAll,
  copies: { ...keepAll, uniqueKeys: false },
}

/** Copies in the step that moves the cursor, and counts the copies of each partition in its state. */
export async function copyEvents(log: Log, signal: AbortSignal): Promise<void> {
  const limits = { maxRecords: 50, maxBytes: 1_000_000 }
  const counts = new Map<number, { readonly epoch: number; readonly copied: number }>()
  for await (const delivery of log.read('events', 'copy', 'earliest', limits, signal)) {
    const { records, partition, epoch } = delivery
    const known = counts.get(partition)
    // Of another epoch than before, it may have been another's meanwhile.
    const before = known?.epoch === epoch ? known.copied : await copiedOf(log, partition)
    const copied = before + records.length
    counts.set(partition, { epoch, copied })
    await delivery.commit(
      [{ topic: 'copies', records: records.map(({ key, value }) => ({ key, value })) }],
      [{ key: 'copied', value: Buffer.from(String(copied)) }],
    )
  }
}

export async function copiedOf(log: Log, partition: number): Promise<number> {
  const [record] = await log.readState('events', 'copy', 'copied', partition)
  return record === undefined ? 0 : Number(Buffer.from(record.value))
}

/** The record of a number, in a partition that is always the same. */
export function recordOf(number: number, partitions: number): LogRecord {
  const value = new Uint8Array((number * 7919) % 4000).fill(number % 251)
  return { key: String(number), value, partition: number % partitions }
}

/** Appends numbered records, several at the same time, so many or until it is stopped; an append that fails is repeated, as senders do. */
export function startAppending(log: Log, partitions: number, count = Number.POSITIVE_INFINITY) {
  const stopping = new AbortController()
  const acknowledged: number[] = []
  let next = 0
  const append = async (number: number): Promise<void> => {
    const records = [recordOf(number, partitions)]
    for (;;) {
      try {
        await log.append([{ topic: 'events', records }], new AbortController().signal)
        acknowledged.push(number)
        return
      } catch (error) {
        if (!(error instanceof Error && 'retryable' in error && error.retryable)) throw error
      }
    }
  }
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted && next < count) await append(next++)
  }
  const running = Array.from({ length: 8 }, run)
  return {
    acknowledged,
    stop: async () => {
      stopping.abort()
      await Promise.all(running)
    },
  }
}
