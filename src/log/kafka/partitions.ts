import type { TopicOptions } from '../../contracts.ts'
import { type Fetcher, isOutOfRange } from './fetcher.ts'
import { Ledger } from './ledger.ts'
import { messageBytes } from './messages.ts'
import type { Names } from './names.ts'

/** What this process knows of the partitions of every topic. */
export interface Partitions {
  readonly numbers: (topic: string) => readonly number[]
  ledger(topic: string, partition: number): Ledger
  ledgers(topic: string): readonly Ledger[]
  /** Asks for the bounds of a topic's partitions. */
  refresh(topic: string): Promise<void>
  /** Looks at what came since, if that is not too much: what is skipped is estimated. */
  catchUp(topic: string): Promise<void>
  catchUpAll(topics: Iterable<string>): Promise<void>
  /** Looks at everything that is stored, as far as a ledger holds it. */
  cover(topic: string): Promise<void>
  /** Looks at the newest records: for their keys, their size and their time. */
  warmUp(topic: string): Promise<void>
}

const fetchBytes = 4 << 20
const warmRecords = 1000
/** Records that are looked at rather than estimated. */
const catchUpRecords = 1000

export function createPartitions(
  fetcher: Fetcher,
  names: Names,
  topics: Readonly<Record<string, TopicOptions>>,
): Partitions {
  const all = new Map(
    Object.entries(topics).map(([topic, { uniqueKeys }]) => [
      topic,
      Array.from({ length: names.partitionsOf(topic) }, () => new Ledger(uniqueKeys)),
    ]),
  )
  const covered = new Set<Ledger>()
  const ledgers = (topic: string): readonly Ledger[] => {
    names.partitionsOf(topic) // Throws for one that was not declared.
    return all.get(topic) ?? []
  }
  const numbers = (topic: string): readonly number[] => [...ledgers(topic).keys()]

  const refresh = async (topic: string): Promise<void> => {
    const bounds = await fetcher.bounds(names.kafkaTopic(topic), numbers(topic))
    for (const [partition, { first, next }] of bounds) {
      const ledger = ledgers(topic)[partition]!
      ledger.takenBefore(first)
      ledger.next = Math.max(ledger.next, next)
    }
  }

  const look = async (topic: string, partition: number, until: number): Promise<void> => {
    const ledger = ledgers(topic)[partition]!
    while (ledger.to < until) {
      const from = ledger.to
      try {
        const { messages, nextOffset } = await fetcher.fetch({
          topic: names.kafkaTopic(topic),
          partition,
          offset: from,
          maxBytes: fetchBytes,
          maxWaitMs: 0,
        })
        for (const message of messages) {
          ledger.add(Number(message.offset), message.key?.toString() ?? '', messageBytes(message))
          ledger.lastMs = Math.max(ledger.lastMs, Number(message.timestamp))
        }
        if (nextOffset === from) return
        ledger.coveredTo(nextOffset)
      } catch (error) {
        if (!isOutOfRange(error)) throw error
        await refresh(topic)
        if (ledger.to === from) return
      }
    }
  }

  const eachLedger = async (
    topic: string,
    action: (ledger: Ledger, partition: number) => Promise<void>,
  ): Promise<void> => {
    await refresh(topic)
    await Promise.all(ledgers(topic).map(action))
  }

  const catchUp = (topic: string): Promise<void> =>
    eachLedger(topic, async (ledger, partition) => {
      if (ledger.next - ledger.to > catchUpRecords) ledger.skipTo(ledger.next - warmRecords)
      await look(topic, partition, ledger.next)
    })

  return {
    numbers,
    ledgers,
    ledger: (topic, partition) => ledgers(topic)[partition]!,
    refresh,
    catchUp,
    catchUpAll: async (topics) => {
      await Promise.all([...new Set(topics)].map(catchUp))
    },
    cover: (topic) =>
      eachLedger(topic, async (ledger, partition) => {
        if (!covered.has(ledger) && ledger.from > ledger.first) ledger.skipTo(ledger.first)
        covered.add(ledger)
        await look(topic, partition, ledger.next)
      }),
    warmUp: (topic) =>
      eachLedger(topic, async (ledger, partition) => {
        ledger.skipTo(Math.max(ledger.first, ledger.next - warmRecords))
        await look(topic, partition, ledger.next)
      }),
  }
}
