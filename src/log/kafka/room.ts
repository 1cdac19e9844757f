import type { Admin } from 'kafkajs'
import type { TopicOptions } from '../../contracts.ts'
import { fullError } from '../store-error.ts'
import type { Appender } from './appender.ts'
import type { Cursors } from './cursors.ts'
import type { Fetcher } from './fetcher.ts'
import { inTime } from './in-time.ts'
import { lastTimeMessage } from './last-times.ts'
import type { Ledger } from './ledger.ts'
import type { Names } from './names.ts'
import type { Partitions } from './partitions.ts'

/** Retention of a log: by its own rules, because Kafka's know neither who has read what nor what may not be lost. */
export interface Room {
  /** Takes the oldest records away when so many bytes more would exceed the topic's limit. Throws `log.full` if unread ones are in the way. */
  make(topic: string, bytes: number): Promise<void>
  /** By age and bytes. Returns how many records went unread, by topic, since it was last asked. */
  sweep(): Promise<Readonly<Record<string, number>>>
}

/** A topic that stays full frees so much of its limit at once, so that not every append has to. */
const slack = 1 / 64

export function createRoom(options: {
  readonly admin: Admin
  readonly appender: Appender
  readonly fetcher: Fetcher
  readonly names: Names
  readonly topics: Readonly<Record<string, TopicOptions>>
  readonly partitions: Partitions
  readonly cursors: Cursors
  readonly nowMs: () => number
}): Room {
  const { admin, appender, fetcher, names, topics, partitions, cursors, nowMs } = options
  const losses = new Map<string, number>()
  const turns = new Map<string, Promise<unknown>>()

  const inTurn = <T>(topic: string, action: () => Promise<T>): Promise<T> => {
    const done = (turns.get(topic) ?? Promise.resolve()).then(action)
    turns.set(
      topic,
      done.catch(() => undefined),
    )
    return done
  }
  const optionsOf = (topic: string): TopicOptions => topics[topic]!
  const bytesOf = (topic: string): number =>
    partitions.ledgers(topic).reduce((sum, { bytes }) => sum + bytes, 0)

  /** The first offset that some protected group has yet to read. A group that never came has read nothing. */
  const floorOf = async (topic: string, partition: number, ledger: Ledger): Promise<number> => {
    const groups = await cursors.of(topic)
    return optionsOf(topic).protectedGroups.reduce(
      (floor, group) => Math.min(floor, groups.get(group)?.[partition] ?? ledger.first),
      ledger.next,
    )
  }

  const take = async (topic: string, partition: number, until: number): Promise<void> => {
    const ledger = partitions.ledger(topic, partition)
    const from = ledger.first
    if (until <= from) return
    const { readers } = optionsOf(topic)
    const slowest = [...(await cursors.of(topic))]
      .filter(([group]) => readers?.includes(group) ?? true)
      .map(([, offsets]) => offsets[partition])
      .reduce<number>((least, offset) => Math.min(least, offset ?? least), until)
    const lost = ledger.countBetween(Math.max(from, slowest), until)
    if (until === ledger.next) {
      const message = lastTimeMessage(names, topic, partition, ledger.lastMs)
      await inTime(() => appender.append([message]))
    }
    const kafkaTopic = names.kafkaTopic(topic)
    await admin.fetchTopicMetadata({ topics: [kafkaTopic] }) // Or the first call fails.
    await admin.deleteTopicRecords({
      topic: kafkaTopic,
      partitions: [{ partition, offset: String(until) }],
    })
    ledger.takenBefore(until)
    if (lost > 0) losses.set(topic, (losses.get(topic) ?? 0) + lost)
  }

  const free = async (topic: string, excess: number): Promise<void> => {
    const all = partitions.ledgers(topic)
    for (const [partition, ledger] of all.entries()) {
      const floor = await floorOf(topic, partition, ledger)
      await take(topic, partition, ledger.offsetToFree(excess / all.length, floor))
    }
  }

  const makeSlowly = async (topic: string, bytes: number): Promise<void> => {
    const { maxBytes, protectedGroups } = optionsOf(topic)
    await partitions.catchUp(topic)
    const excess = bytesOf(topic) + bytes - maxBytes
    if (excess <= 0) return
    await free(topic, Math.max(excess, maxBytes * slack))
    if (bytesOf(topic) + bytes <= maxBytes) return
    const isEmpty = partitions.ledgers(topic).every(({ first, next }) => first === next)
    if (protectedGroups.length === 0 || isEmpty) return
    throw fullError(
      `appending to the topic ${topic}: ${maxBytes} bytes are stored that ${protectedGroups.join(', ')} has not read`,
      'see why the reader is behind, or allow the topic more bytes',
    )
  }

  const sweepTopic = async (topic: string): Promise<void> => {
    await partitions.catchUp(topic)
    const { maxAgeMs, maxBytes } = optionsOf(topic)
    for (const [partition, ledger] of partitions.ledgers(topic).entries()) {
      const floor = await floorOf(topic, partition, ledger)
      const young = await fetcher.offsetAt(names.kafkaTopic(topic), partition, nowMs() - maxAgeMs)
      await take(topic, partition, Math.min(young ?? ledger.next, floor))
    }
    const excess = bytesOf(topic) - maxBytes
    if (excess > 0) await free(topic, excess)
  }

  return {
    make: async (topic, bytes) => {
      if (bytesOf(topic) + bytes <= optionsOf(topic).maxBytes) return
      await inTurn(topic, () => makeSlowly(topic, bytes))
    },
    sweep: async () => {
      for (const topic of Object.keys(topics)) await inTurn(topic, () => sweepTopic(topic))
      const lost = Object.fromEntries(losses)
      losses.clear()
      return lost
    },
  }
}
