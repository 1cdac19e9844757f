import type { Clock, Log, Logger, StoredRecord, TopicOptions } from '../../contracts.ts'
import type { KafkaConnection } from '../../util/kafka/connection.ts'
import { createSeats } from '../seats.ts'
import { noUniqueKeys, stoppedError } from '../store-error.ts'
import { untilAborted } from '../until-aborted.ts'
import { createFetcher } from './fetcher.ts'
import { readAsMember } from './group-reader.ts'
import { kafkaError } from './kafka-error.ts'
import { joinGroup } from './membership.ts'
import { createNames } from './names.ts'
import { type Opened, openAll } from './opened.ts'
import { openPartitionReader, type PartitionReader } from './partition-reader.ts'
import { createPlaces } from './places.ts'
import { stateRecords } from './saved.ts'
import { statusOf } from './status.ts'
import { createStoring } from './storing.ts'
import type { TopicPlan } from './topics.ts'

export interface KafkaLogOptions {
  /** Asked at the start, for secrets are read then. */
  readonly connect: () => Promise<KafkaConnection>
  readonly brokers: readonly string[]
  /** Begins the names of topics, groups and transactional ids. */
  readonly prefix: string
  /** Partitions by topic; those of topics that are not named: 1. */
  readonly partitions?: Readonly<Record<string, number>> | undefined
  readonly plan: TopicPlan
  readonly compression: 'none' | 'gzip' | 'zstd'
  /** Topics whose records are compressed when they come. */
  readonly compressedTopics?: readonly string[] | undefined
  readonly sessionTimeoutMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly topics: Readonly<Record<string, TopicOptions>>
}

interface Seat {
  readonly readers: Map<number, PartitionReader>
}

/**
 * The log in Kafka: any number of processes append to it and read from it; see `docs/kafka.md`.
 *
 * It keeps the contract of `Log` with these differences, all of which come from there being many writers:
 *
 * - `append` to several topics or partitions is all or nothing for what it acknowledges. What it did not acknowledge may
 *   be stored in part, or later; appended again, it has the same keys.
 * - A repeated key in a topic with unique keys may be stored again, by another process or long after. A group is given it
 *   once: with its cursor it saves the keys that it had lately (65,280 at least). `find` and `browse` show the first of them,
 *   as far back as keys are remembered (200,000).
 * - Offsets have gaps, and count markers of transactions too: a count of records may be too high by them.
 * - Bytes of what this process has neither appended nor looked at are estimated. So are limits by bytes.
 *
 * `commit` is one transaction of Kafka: cursor, state and what was produced together, whoever is killed. When another process,
 * or a later reader of this one, has taken the partition over meanwhile, a commit stores nothing and resolves: the other
 * begins at the cursor before. Start rejects with `log.failed` or `log.permission`. While brokers are away `append` rejects after ten seconds, to be
 * repeated; reading waits.
 */
export function createKafkaLog(options: KafkaLogOptions): Log {
  const { prefix, topics, clock, logger } = options
  const partitionCounts = Object.fromEntries(
    Object.keys(topics).map((topic) => [topic, options.partitions?.[topic] ?? 1]),
  )
  const names = createNames(prefix, partitionCounts)
  const stopping = new AbortController()
  const seats = createSeats<Seat>()
  const leaving = new Set<Promise<void>>()
  let open: Opened | undefined

  const opened = (): Opened => {
    if (open === undefined || stopping.signal.aborted) throw stoppedError()
    return open
  }
  const optionsOf = (topic: string): TopicOptions => {
    names.partitionsOf(topic) // Throws for one that was not declared.
    return topics[topic]!
  }
  const storing = createStoring({ opened, names, optionsOf, clock })
  const places = createPlaces({
    opened,
    names,
    storing,
    clock,
    logger,
    readerOf: ({ topic, group, partition }) => seats.ownerOf(topic, group)?.readers.get(partition),
    stopping: stopping.signal,
  })

  /** Ends with whatever can still be told to the brokers; without them it takes until the deadline. */
  const close = async ({ appender, fetcher, admin }: Opened): Promise<void> => {
    await Promise.all(leaving)
    await appender.close()
    await places.close()
    fetcher.close()
    await admin.disconnect()
  }

  const withKeys = (topic: string): void => {
    if (!optionsOf(topic).uniqueKeys) throw noUniqueKeys(topic)
  }

  const atOffsets = async (
    topic: string,
    offsetsOf: (partition: number) => readonly number[],
  ): Promise<readonly StoredRecord[]> => {
    const { partitions, browser } = opened()
    await partitions.cover(topic)
    const found = await Promise.all(
      partitions
        .numbers(topic)
        .map((partition) => browser.at(topic, partition, offsetsOf(partition))),
    )
    return found.flat().sort((a, b) => a.position.offset - b.position.offset)
  }

  return {
    name: 'log',
    start: async () => {
      try {
        const { signal } = stopping
        const { ownCursor } = places
        open = await openAll({ ...options, names, stopping: signal, ownCursor })
      } catch (error) {
        throw kafkaError(`opening the log at ${options.brokers.join(', ')}`, error)
      }
    },
    stop: async (deadline) => {
      stopping.abort()
      if (open === undefined) return
      await untilAborted(close(open), deadline).catch(() => undefined)
      open.driver.close()
    },
    partitions: names.partitionsOf,
    append: async (produced, signal) => {
      signal.throwIfAborted()
      opened()
      await untilAborted(storing.store(produced), signal)
    },
    read: async function* (topic, group, startAt, limits, signal) {
      if (signal.aborted || stopping.signal.aborted) return
      const { uniqueKeys } = optionsOf(topic)
      const { driver, admin } = opened()
      const seat: Seat = { readers: new Map() }
      seats.take(topic, group, seat)
      const stop = AbortSignal.any([signal, stopping.signal])
      const groupId = names.groupId(topic, group)
      const kafkaTopic = names.kafkaTopic(topic)
      yield* readAsMember({
        limits,
        clock,
        signal: stop,
        readers: seat.readers,
        open: (partition, hooks) =>
          openPartitionReader({
            place: { topic, group, partition },
            startAt,
            limits,
            hasUniqueKeys: uniqueKeys,
            committer: places.committerOf({ topic, group, partition }),
            fetcher: createFetcher(driver.cluster()),
            names,
            logger,
            nowMs: clock.nowMs,
            firstOffset: () => opened().partitions.ledger(topic, partition).first,
            committedOffset: async () => {
              const [offsets] = await admin.fetchOffsets({ groupId, topics: [kafkaTopic] })
              const found = offsets?.partitions.find((entry) => entry.partition === partition)
              return found === undefined || Number(found.offset) < 0
                ? undefined
                : Number(found.offset)
            },
            ...hooks,
          }),
        join: (onAssigned) =>
          joinGroup({
            driver,
            logger,
            groupId,
            topic: kafkaTopic,
            partitions: names.partitionsOf(topic),
            sessionTimeoutMs: options.sessionTimeoutMs,
            onAssigned,
          }),
        commit: (partition, carved, produced, changes) =>
          places.commit({ topic, group, partition }, carved, produced, changes),
        onLeave: (left) => {
          if (seats.ownerOf(topic, group) === seat) seats.leave(topic, group)
          leaving.add(left)
          void left.finally(() => leaving.delete(left))
        },
      })
    },
    readState: async (topic, group, prefix, partition = 0) => {
      optionsOf(topic)
      const { state } = await places.committerOf({ topic, group, partition }).saved()
      return stateRecords(state, prefix)
    },
    browse: async (topic, query) => {
      optionsOf(topic)
      return opened().browser.browse(topic, query)
    },
    find: async (topic, keys) => {
      withKeys(topic)
      return atOffsets(topic, (partition) => {
        const ledger = opened().partitions.ledger(topic, partition)
        const offsets = new Set(keys.map((key) => ledger.offsetOf(key)))
        return [...offsets].filter((offset) => offset !== undefined).sort((a, b) => a - b)
      })
    },
    findByPrefix: async (topic, prefix, limit) => {
      withKeys(topic)
      const found = await atOffsets(topic, (partition) =>
        opened().partitions.ledger(topic, partition).offsetsByPrefix(prefix).slice(-limit),
      )
      return found.slice(-limit)
    },
    replay: async (topic, group, fromMs) => {
      for (const partition of opened().partitions.numbers(topic))
        await places.replay({ topic, group, partition }, fromMs)
    },
    status: async () => {
      const all = Object.keys(topics).toSorted()
      return Promise.all(all.map((topic) => statusOf(topic, opened())))
    },
    sweep: () => opened().room.sweep(),
  }
}
