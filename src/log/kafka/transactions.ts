import { setTimeout as wait } from 'node:timers/promises'
import { fittingIntoBatch, nextSequence } from './batch.ts'
import type { Broker, Cluster, Driver, ProducerIdentity } from './driver.ts'
import type { Fetcher } from './fetcher.ts'
import { kafkaErrorType } from './kafka-error.ts'
import { createLeaders, type Leaders } from './leaders.ts'
import type { Message } from './messages.ts'
import type { Names, Place } from './names.ts'

/** Messages for one topic of Kafka, by its name there. */
export interface TopicMessages {
  readonly topic: string
  readonly messages: readonly Message[]
}

/**
 * Transactions of a place, one at a time. The transactional id is the place's: the first one of a new producer fences off whoever
 * had the place, and brings to its end what that one had begun. After a failure it is not known what became of a
 * transaction: it is to be dropped.
 */
export interface Transactions {
  /** What is found in the topics afterwards is final, until another one fences this one off. */
  fence(): Promise<void>
  /** The place is this one's, as far as it knows: nothing was dropped since it fenced. */
  readonly isOpen: boolean
  /** Sends all messages and the offset of the group, or nothing. Resolves once it can be read. Throws where it is not open. */
  send(all: readonly TopicMessages[], offset: number): Promise<void>
  /** Gives the producer and its connections up. */
  drop(): void
}

export interface TransactionOptions {
  readonly driver: Driver
  readonly fetcher: Fetcher
  readonly names: Names
  readonly compression: number
}

/** What is open of a producer. */
interface Producer {
  readonly cluster: Cluster
  readonly leaders: Leaders
  readonly identity: ProducerIdentity
  /** Nodes that coordinate the transactions, and the group. */
  readonly coordinators: { readonly transaction: string; readonly group: string }
  /** The number of the next message, by topic and partition. */
  readonly sequences: Map<string, number>
}

/** A transaction that is open for longer is given up by the brokers: it holds up those who read. */
const transactionTimeout = 15_000
const coordinatorTypes = { group: 0, transaction: 1 } as const
/** What a coordinator says that has yet to get ready, or is still writing the end of the transaction before. */
const notYet = new Set([
  'CONCURRENT_TRANSACTIONS',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
])
const notYetAttempts = 100

export function createTransactions(
  { topic: readTopic, group, partition: readPartition }: Place,
  { driver, fetcher, names, compression }: TransactionOptions,
): Transactions {
  const groupId = names.groupId(readTopic, group)
  const transactionalId = `${groupId}.${readPartition}`
  let producer: Producer | undefined

  const open = async (): Promise<Producer> => {
    const cluster = driver.cluster()
    try {
      await cluster.connect()
      await cluster.addMultipleTargetTopics([names.stateTopic]) // Or it knows no brokers to ask.
      const find = (id: string, type: keyof typeof coordinatorTypes): Promise<Broker> =>
        patiently(() =>
          cluster.findGroupCoordinator({ groupId: id, coordinatorType: coordinatorTypes[type] }),
        )
      const [transaction, reading] = await Promise.all([
        find(transactionalId, 'transaction'),
        find(groupId, 'group'),
      ])
      const identity = await patiently(() =>
        transaction.initProducerId({ transactionalId, transactionTimeout }),
      )
      const coordinators = { transaction: transaction.nodeId, group: reading.nodeId }
      const leaders = createLeaders(cluster)
      return { cluster, leaders, identity, coordinators, sequences: new Map() }
    } catch (error) {
      cluster.cut()
      throw error
    }
  }
  const drop = (): void => {
    producer?.cluster.cut()
    producer = undefined
  }

  /** One batch after another. */
  const produce = async (
    { leaders, identity, sequences }: Producer,
    { topic, partition, messages }: PlaceMessages,
  ): Promise<void> => {
    const key = `${topic}/${partition}`
    const leader = await leaders.of(topic, partition)
    for (const batch of inBatches(messages)) {
      const firstSequence = sequences.get(key) ?? 0
      const partitions = [{ partition, firstSequence, messages: batch }]
      const topicData = [{ topic, partitions }]
      const acks = -1
      await leader.produce({ ...identity, transactionalId, acks, compression, topicData })
      sequences.set(key, nextSequence(firstSequence, batch.length))
    }
  }

  return {
    get isOpen() {
      return producer !== undefined
    },
    fence: async () => {
      drop()
      producer = await open()
    },
    send: async (all, offset) => {
      const own = producer
      if (own === undefined) throw new Error(`${transactionalId} was not fenced`)
      const { cluster, identity, coordinators } = own
      // A connection that was idle for too long is made anew.
      const coordinator = await cluster.findBroker({ nodeId: coordinators.transaction })
      const groupCoordinator = await cluster.findBroker({ nodeId: coordinators.group })
      const places = byPlace(all)
      const common = { ...identity, transactionalId }
      const topics = places.map(({ topic, partition }) => ({ topic, partitions: [partition] }))
      await patiently(() => coordinator.addPartitionsToTxn({ ...common, topics }))
      await coordinator.addOffsetsToTxn({ ...common, groupId })
      const offsets = [{ partition: readPartition, offset: String(offset), metadata: '' }]
      const readTopics = [{ topic: names.kafkaTopic(readTopic), partitions: offsets }]
      await Promise.all([
        ...places.map((place) => produce(own, place)),
        groupCoordinator.txnOffsetCommit({ ...common, groupId, topics: readTopics }),
      ])
      await coordinator.endTxn({ ...common, transactionResult: true })
      await Promise.all(places.map((place) => untilVisible(fetcher, place)))
    },
    drop,
  }
}

interface PlaceMessages {
  readonly topic: string
  readonly partition: number
  readonly messages: readonly Message[]
}

function byPlace(all: readonly TopicMessages[]): PlaceMessages[] {
  return all.flatMap(({ topic, messages }) =>
    [...Map.groupBy(messages, (message) => message.partition)].map(([partition, some]) => ({
      topic,
      partition,
      messages: some,
    })),
  )
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

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (!notYet.has(kafkaErrorType(error) ?? '') || attempt === notYetAttempts) throw error
      await wait(Math.min(2 * attempt, 100))
    }
  }
}

/** The answer to a commit comes before what was written can be read. Gives up after some two seconds: others hold it up. */
async function untilVisible(
  fetcher: Fetcher,
  { topic, partition }: Pick<PlaceMessages, 'topic' | 'partition'>,
): Promise<void> {
  const endAt = fetcher.highWatermark(topic, partition)
  for (let attempt = 0; attempt < 200; attempt++) {
    const [end, bounds] = await Promise.all([endAt, fetcher.bounds(topic, [partition])])
    if (bounds.get(partition)!.next >= end) return
    await wait(Math.min(attempt, 10))
  }
}
