import { setTimeout as wait } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import type { Clock, Logger, TopicOptions } from '../../contracts.ts'
import type { KafkaConnection } from '../../util/kafka/connection.ts'
import { type Appender, createAppender } from './appender.ts'
import { type Browser, createBrowser } from './browse.ts'
import { type Cursors, createCursors } from './cursors.ts'
import { type Driver, loadDriver, type ProducerIdentity } from './driver.ts'
import { createFetcher, type Fetcher } from './fetcher.ts'
import { isRefusal, kafkaError } from './kafka-error.ts'
import { restoreLastTimes } from './last-times.ts'
import { createLeaders, type Leaders } from './leaders.ts'
import type { Names } from './names.ts'
import { createPartitions, type Partitions } from './partitions.ts'
import { createRoom, type Room } from './room.ts'
import { plannedTopics, prepareTopics, type TopicPlan } from './topics.ts'

/** What there is of a log in Kafka between its start and its stop. */
export interface Opened {
  readonly driver: Driver
  readonly admin: Admin
  readonly fetcher: Fetcher
  readonly appender: Appender
  readonly partitions: Partitions
  readonly browser: Browser
  readonly cursors: Cursors
  readonly room: Room
  readonly compression: number
}

export interface OpenOptions {
  /** Asked at the start, for secrets are read then. */
  readonly connect: () => Promise<KafkaConnection>
  readonly names: Names
  readonly topics: Readonly<Record<string, TopicOptions>>
  readonly plan: TopicPlan
  readonly compression: 'none' | 'gzip' | 'zstd'
  /** Topics whose records are compressed when they come: once more would only cost us, the brokers and every reader. */
  readonly compressedTopics?: readonly string[] | undefined
  readonly clock: Clock
  readonly logger: Logger
  readonly stopping: AbortSignal
  /** Where a group of this process goes on, if it reads here. */
  readonly ownCursor: (topic: string, group: string, partition: number) => number | undefined
}

/** Connects, makes or verifies the topics, and looks at what they hold. Nothing is left open when it rejects. */
export async function openAll(options: OpenOptions): Promise<Opened> {
  const driver = await loadDriver(await options.connect(), options.logger)
  try {
    await reach(driver)
    return await open(driver, options)
  } catch (error) {
    driver.close()
    throw error
  }
}

const reachWithinMs = 60_000

/** Waits for brokers that are not there yet, and not for those that refuse us: kafkajs would knock for a minute. */
async function reach(driver: Driver): Promise<void> {
  const lateAtMs = performance.now() + reachWithinMs
  for (;;) {
    const cluster = driver.cluster()
    try {
      return await cluster.connect()
    } catch (error) {
      const { retryable } = kafkaError('connecting', error)
      if (!retryable || performance.now() > lateAtMs) throw error
    } finally {
      cluster.cut()
    }
    await wait(250)
  }
}

async function open(driver: Driver, options: OpenOptions): Promise<Opened> {
  const { names, topics, plan, logger, stopping, ownCursor } = options
  const admin = driver.admin()
  await admin.connect()
  await prepareTopics(admin, plannedTopics(names, topics, plan), plan, logger)
  const fetcher = createFetcher(driver.cluster())
  const compression = driver.compression[options.compression]
  const compressed = new Set((options.compressedTopics ?? []).map(names.kafkaTopic))
  const compressionOf = (topic: string): number =>
    compressed.has(topic) ? driver.compression.none : compression
  const leaders = createLeaders(driver.cluster())
  const identity = await identify(leaders, names)
  const appender = createAppender({ leaders, identity, logger, compressionOf, stopping })
  const partitions = createPartitions(fetcher, names, topics)
  const browser = createBrowser(fetcher, names, partitions)
  const cursors = createCursors(admin, names, ownCursor)
  const { nowMs } = options.clock
  const room = createRoom({ admin, appender, fetcher, names, topics, partitions, cursors, nowMs })
  await Promise.all(Object.keys(topics).map(partitions.warmUp))
  await restoreLastTimes(fetcher, names, partitions, Object.keys(topics))
  return { driver, admin, fetcher, appender, partitions, browser, cursors, room, compression }
}

/** As which producer this process appends. Asked for at the start, for then it shows whether the user may. */
function identify(leaders: Leaders, { stateTopic }: Names): Promise<ProducerIdentity> {
  return leaders.ask(
    stateTopic,
    0,
    (broker) => broker.initProducerId({ transactionTimeout: 0 }),
    isRefusal,
  )
}
