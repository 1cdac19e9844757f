import { setTimeout as wait } from 'node:timers/promises'
import type { Producer, Transaction } from 'kafkajs'
import { fittingIntoBatch } from './batch.ts'
import type { Driver } from './driver.ts'
import type { Fetcher } from './fetcher.ts'
import type { Message } from './messages.ts'
import type { Names, Place } from './names.ts'

/** Messages for one topic of Kafka, by its name there. */
export interface TopicMessages {
  readonly topic: string
  readonly messages: readonly Message[]
}

/**
 * Transactions of a place, one at a time. The transactional id is the place's: the first one of a new producer fences off whoever
 * had the place, and brings to its end what that one had begun. Nothing is repeated here.
 */
export interface Transactions {
  /** An empty one. What is found in the topics afterwards is final, until another one fences this one off. */
  fence(): Promise<void>
  /** Sends all messages and the offset of the group, or nothing. Resolves once it can be read. */
  send(all: readonly TopicMessages[], offset: number): Promise<void>
  /** Gives the producer up; the next transaction opens another one. */
  drop(): Promise<void>
}

export interface TransactionOptions {
  readonly driver: Driver
  readonly fetcher: Fetcher
  readonly names: Names
  readonly compression: number
}

export function createTransactions(
  { topic, group, partition }: Place,
  { driver, fetcher, names, compression }: TransactionOptions,
): Transactions {
  const groupId = names.groupId(topic, group)
  const kafkaTopic = names.kafkaTopic(topic)
  let producer: Producer | undefined

  const begin = async (): Promise<Transaction> => {
    if (producer === undefined) {
      const opened = driver.producer({ transactionalId: `${groupId}.${partition}` })
      await opened.connect()
      producer = opened
    }
    return producer.transaction()
  }

  return {
    fence: async () => (await begin()).abort(),
    send: async (all, offset) => {
      const transaction = await begin()
      for (const { topic: to, messages } of all)
        for (const part of inBatches(messages))
          await transaction.send({ topic: to, messages: part, compression, acks: -1 })
      await transaction.sendOffsets({
        consumerGroupId: groupId,
        topics: [{ topic: kafkaTopic, partitions: [{ partition, offset: String(offset) }] }],
      })
      await transaction.commit()
      await untilVisible(all, fetcher)
    },
    drop: async () => {
      const old = producer
      producer = undefined
      await old?.disconnect().catch(() => undefined)
    },
  }
}

function inBatches(messages: readonly Message[]): Message[][] {
  const rest = [...messages]
  const all: Message[][] = []
  while (rest.length > 0) {
    const count = fittingIntoBatch(rest, ({ key, value }) => key.length + (value?.byteLength ?? 0))
    all.push(rest.splice(0, count))
  }
  return all
}

/** The answer to a commit comes before what was written can be read. Gives up after some two seconds: others hold it up. */
async function untilVisible(all: readonly TopicMessages[], fetcher: Fetcher): Promise<void> {
  const touched = all.flatMap(({ topic, messages }) =>
    [...new Set(messages.map((message) => message.partition))].map(
      (partition) => [topic, partition] as const,
    ),
  )
  await Promise.all(
    touched.map(async ([topic, partition]) => {
      const end = await fetcher.highWatermark(topic, partition)
      for (let attempt = 0; attempt < 200; attempt++) {
        const { next } = (await fetcher.bounds(topic, [partition])).get(partition)!
        if (next >= end) return
        await wait(Math.min(attempt, 10))
      }
    }),
  )
}
