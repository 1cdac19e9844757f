import type { Clock, LogRecord, Produce, TopicOptions } from '../../contracts.ts'
import { foldedHash } from '../../util/hash.ts'
import type { Outgoing } from './appender.ts'
import { inTime } from './in-time.ts'
import { recordBytes, toMessage } from './messages.ts'
import type { Names } from './names.ts'
import type { Opened } from './opened.ts'

/** Puts records into the topics: those whose key is there already are left out, and the oldest give way when a topic is full. */
export interface Storing {
  /**
   * Resolves once they are durable. Rejects after ten seconds, so that whoever sent them may be told to come back. What is on its
   * way to the brokers by then goes on: records that come again share its outcome.
   */
  store(produced: readonly Produce[]): Promise<void>
  /** Makes room for records that somebody else sends, and gives what of them is not stored yet. */
  prepare(produced: readonly Produce[]): Promise<readonly Outgoing[]>
}

export function createStoring(options: {
  readonly opened: () => Opened
  readonly names: Names
  /** Throws for a topic that was not declared. */
  readonly optionsOf: (topic: string) => TopicOptions
  readonly clock: Clock
}): Storing {
  const { opened, names, optionsOf, clock } = options
  /** Appends of which it is not known yet what became of them, by topic and key. */
  const underWay = new Map<string, Promise<void>>()

  /** As the record says, or by its key. */
  const partitionOf = (topic: string, record: LogRecord): number => {
    const count = names.partitionsOf(topic)
    return record.partition ?? (count === 1 ? 0 : foldedHash(record.key) % count)
  }

  const toOutgoing = (topic: string, record: LogRecord, partition: number): Outgoing => {
    const ledger = opened().partitions.ledger(topic, partition)
    const { key, value } = record
    ledger.lastMs = Math.max(ledger.lastMs, Math.floor(clock.nowMs()))
    const bytes = recordBytes(record)
    return {
      topic: names.kafkaTopic(topic),
      message: toMessage(key, value, partition, ledger.lastMs),
      bytes,
      onStored: (offset) => {
        if (offset === ledger.to) ledger.add(offset, key, bytes)
        else ledger.note(offset, key, bytes)
      },
    }
  }

  /** What is not stored yet, and what of it is on its way already. */
  const toStore = (
    produced: readonly Produce[],
  ): { readonly outgoing: readonly Outgoing[]; readonly shared: readonly Promise<void>[] } => {
    const outgoing: Outgoing[] = []
    const shared: Promise<void>[] = []
    const inThis = new Set<string>()
    for (const { topic, records } of produced) {
      const { uniqueKeys } = optionsOf(topic)
      for (const record of records) {
        const partition = partitionOf(topic, record)
        if (uniqueKeys) {
          const id = idOf(topic, record)
          const other = underWay.get(id)
          if (other !== undefined) shared.push(other)
          const ledger = opened().partitions.ledger(topic, partition)
          const isStored = ledger.offsetOf(record.key) !== undefined
          if (inThis.has(id) || other !== undefined || isStored) continue
          inThis.add(id)
        }
        outgoing.push(toOutgoing(topic, record, partition))
      }
    }
    return { outgoing, shared }
  }

  const makeRoom = async (produced: readonly Produce[]): Promise<void> => {
    for (const { topic } of produced) optionsOf(topic)
    for (const [topic, all] of Map.groupBy(produced, (produce) => produce.topic)) {
      const records = all.flatMap((produce) => produce.records)
      const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0)
      await opened().room.make(topic, bytes)
    }
  }

  const storeNow = async (produced: readonly Produce[], late: AbortSignal): Promise<void> => {
    await makeRoom(produced)
    if (late.aborted) return
    const { outgoing, shared } = toStore(produced)
    const stored = opened().appender.append(outgoing)
    const ids = produced.flatMap(({ topic, records }) =>
      optionsOf(topic).uniqueKeys ? records.map((record) => idOf(topic, record)) : [],
    )
    for (const id of ids) if (!underWay.has(id)) underWay.set(id, stored)
    const forget = (): void => {
      for (const id of ids) if (underWay.get(id) === stored) underWay.delete(id)
    }
    void stored.then(forget, forget)
    await Promise.all([stored, ...shared])
  }

  return {
    store: (produced) => inTime((late) => storeNow(produced, late)),
    prepare: async (produced) => {
      await makeRoom(produced)
      for (;;) {
        const { outgoing, shared } = toStore(produced)
        if (shared.length === 0) return outgoing
        // What is under way may fail yet, and must not be missing in a step that moves a cursor.
        await Promise.allSettled(shared)
      }
    },
  }
}

function idOf(topic: string, { key }: LogRecord): string {
  return `${topic} ${key}`
}
