import { randomUUID } from 'node:crypto'
import type { Admin } from 'kafkajs'
import type {
  Clock,
  Log,
  Logger,
  LogRecord,
  Produce,
  StateChange,
  StoredRecord,
  TopicOptions,
  TopicStatus,
} from '../../contracts.ts'
import { KubewitnessError } from '../../errors.ts'
import { foldedHash } from '../../util/hash.ts'
import type { KafkaConnection } from '../../util/kafka/connection.ts'
import { createSeats } from '../seats.ts'
import { noUniqueKeys, stoppedError } from '../store-error.ts'
import { untilAborted } from '../until-aborted.ts'
import { type Appender, createAppender, type Outgoing } from './appender.ts'
import { type Browser, createBrowser } from './browse.ts'
import { type Committer, createCommitter, type TopicMessages } from './committer.ts'
import { type Cursors, createCursors } from './cursors.ts'
import { type Driver, loadDriver } from './driver.ts'
import { createFetcher, type Fetcher } from './fetcher.ts'
import { readAsMember } from './group-reader.ts'
import { kafkaError } from './kafka-error.ts'
import { restoreLastTimes } from './last-times.ts'
import { joinGroup } from './membership.ts'
import { recordBytes, toMessage } from './messages.ts'
import { createNames, type Place } from './names.ts'
import { type Carved, openPartitionReader, type PartitionReader } from './partition-reader.ts'
import { createPartitions, type Partitions } from './partitions.ts'
import { createRoom, type Room } from './room.ts'
import { stateRecords } from './saved.ts'
import { plannedTopics, prepareTopics, type TopicPlan } from './topics.ts'

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
  readonly sessionTimeoutMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly topics: Readonly<Record<string, TopicOptions>>
}

/** What there is between start and stop. */
interface Open {
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

interface Seat {
  readonly readers: Map<number, PartitionReader>
}

/**
 * The log in Kafka: any number of processes append to it and read from it; see `docs/kafka.md`.
 *
 * It keeps the contract of `Log` with these differences, all of which come from there being many writers:
 *
 * - `append` to several topics or partitions is all or nothing for what it acknowledges. What it did not acknowledge may
 *   be stored in part; appended again, it has the same keys.
 * - A repeated key in a topic with unique keys may be stored again, by another process or long after. A group is given it
 *   once: with its cursor it saves the keys that it had lately (65,280 at least). `find` and `browse` show the first of them.
 * - Offsets have gaps, and count markers of transactions too: a count of records may be too high by them.
 * - Bytes of what this process has neither appended nor looked at are estimated. So are limits by bytes.
 *
 * `commit` is one transaction of Kafka: cursor, state and what was produced together, whoever is killed. When another process
 * has taken the partition over meanwhile, a commit stores nothing and resolves: the other begins at the cursor before.
 * Start rejects with `log.failed` or `log.permission`. While brokers are away `append` rejects after ten seconds, to be
 * repeated; reading waits.
 */
export function createKafkaLog(options: KafkaLogOptions): Log {
  const { prefix, topics, clock, logger } = options
  const partitionCounts = Object.fromEntries(
    Object.keys(topics).map((topic) => [topic, options.partitions?.[topic] ?? 1]),
  )
  const names = createNames(prefix, partitionCounts)
  const stopping = new AbortController()
  const writer = randomUUID()
  const seats = createSeats<Seat>()
  const committers = new Map<string, Committer>()
  const leaving = new Set<Promise<void>>()
  /** Appends under way, by topic and key: sent again meanwhile, they share the outcome. */
  const underWay = new Map<string, Promise<void>>()
  let open: Open | undefined
  let hasStarted = false

  const opened = (): Open => {
    if (open === undefined || stopping.signal.aborted) throw stoppedError()
    return open
  }

  const committerOf = (place: Place): Committer => {
    const { driver, fetcher, compression } = opened()
    const key = JSON.stringify([place.topic, place.group, place.partition])
    const known = committers.get(key)
    if (known !== undefined) return known
    const committer = createCommitter(place, {
      driver,
      fetcher,
      names,
      logger,
      compression,
      writer,
      nowMs: clock.nowMs,
      stopping: stopping.signal,
    })
    committers.set(key, committer)
    return committer
  }

  const ownCursor = (topic: string, group: string, partition: number): number | undefined => {
    const isRead = seats.ownerOf(topic, group)?.readers.has(partition) ?? false
    const committer = committers.get(JSON.stringify([topic, group, partition]))
    return isRead || committer?.isRecent ? committer?.cursor?.offset : undefined
  }

  const openAll = async (): Promise<Open> => {
    const driver = await loadDriver(await options.connect(), logger)
    const admin = driver.admin()
    await admin.connect()
    const planned = plannedTopics(names, topics, options.plan)
    await prepareTopics(admin, planned, options.plan, logger)
    const fetcher = createFetcher(driver.cluster())
    const compression = driver.compression[options.compression]
    const appender = createAppender({
      driver,
      logger,
      compressionOf: () => compression,
      stopping: stopping.signal,
    })
    const partitions = createPartitions(fetcher, names, topics)
    const browser = createBrowser(fetcher, names, partitions)
    const cursors = createCursors(admin, names, ownCursor)
    const { nowMs } = clock
    const room = createRoom({ admin, appender, fetcher, names, topics, partitions, cursors, nowMs })
    await Promise.all([appender.start(), ...Object.keys(topics).map(partitions.warmUp)])
    await restoreLastTimes(fetcher, names, partitions, Object.keys(topics))
    return { driver, admin, fetcher, appender, partitions, browser, cursors, room, compression }
  }

  /** The partition of a record: as it says, or by its key. */
  const partitionOf = (topic: string, record: LogRecord): number => {
    const count = names.partitionsOf(topic)
    return record.partition ?? (count === 1 ? 0 : foldedHash(record.key) % count)
  }

  /** What of the records is not stored yet, as messages; and what of it is on its way already. */
  const toStore = (
    produced: readonly Produce[],
  ): { readonly outgoing: readonly Outgoing[]; readonly shared: readonly Promise<void>[] } => {
    const { partitions } = opened()
    const outgoing: Outgoing[] = []
    const shared: Promise<void>[] = []
    const inThis = new Set<string>()
    for (const { topic, records } of produced) {
      const { uniqueKeys } = optionsOf(topic)
      for (const record of records) {
        const { key, value } = record
        const partition = partitionOf(topic, record)
        const ledger = partitions.ledger(topic, partition)
        if (uniqueKeys) {
          const id = `${topic} ${key}`
          const other = underWay.get(id)
          if (other !== undefined) shared.push(other)
          if (inThis.has(id) || other !== undefined || ledger.offsetOf(key) !== undefined) continue
          inThis.add(id)
        }
        ledger.lastMs = Math.max(ledger.lastMs, Math.floor(clock.nowMs()))
        const bytes = recordBytes(record)
        outgoing.push({
          topic: names.kafkaTopic(topic),
          message: toMessage(key, value, partition, ledger.lastMs),
          bytes,
          onStored: (offset) => {
            if (offset === ledger.to) ledger.add(offset, key, bytes)
            else ledger.note(offset, key, bytes)
          },
        })
      }
    }
    return { outgoing, shared }
  }

  const optionsOf = (topic: string): TopicOptions => {
    names.partitionsOf(topic) // Throws for one that was not declared.
    return topics[topic]!
  }

  const makeRoom = async (produced: readonly Produce[]): Promise<void> => {
    for (const { topic } of produced) optionsOf(topic)
    for (const [topic, all] of Map.groupBy(produced, (produce) => produce.topic)) {
      const records = all.flatMap((produce) => produce.records)
      await opened().room.make(
        topic,
        records.reduce((sum, record) => sum + recordBytes(record), 0),
      )
    }
  }

  const store = async (produced: readonly Produce[]): Promise<void> => {
    await makeRoom(produced)
    const { outgoing, shared } = toStore(produced)
    const stored = opened().appender.append(outgoing)
    const ids = produced.flatMap(({ topic, records }) =>
      optionsOf(topic).uniqueKeys ? records.map(({ key }) => `${topic} ${key}`) : [],
    )
    for (const id of ids) if (!underWay.has(id)) underWay.set(id, stored)
    try {
      await Promise.all([stored, ...shared])
    } finally {
      for (const id of ids) if (underWay.get(id) === stored) underWay.delete(id)
    }
  }

  const commit = async (
    place: Place,
    { nextOffset, tenure }: Carved,
    produced: readonly Produce[],
    changes: readonly StateChange[],
  ): Promise<void> => {
    await makeRoom(produced)
    const { outgoing } = toStore(produced)
    const topicMessages: TopicMessages[] = [...Map.groupBy(outgoing, ({ topic }) => topic)].map(
      ([topic, all]) => ({ topic, messages: all.map(({ message }) => message) }),
    )
    let isReplayed = false
    const result = await committerOf(place).commit((cursor) => {
      isReplayed = cursor !== undefined && cursor.epoch !== tenure.epoch
      if (isReplayed || tenure.isOver || cursor === undefined) return undefined
      if (changes.length > 0 && cursor.offset > nextOffset)
        throw behindError(place, nextOffset, cursor.offset)
      const offset = Math.max(cursor.offset, nextOffset)
      return { offset, produced: topicMessages, changes, keyChunks: tenure.window.save(offset) }
    })
    if (result === 'lost') {
      tenure.isOver = true
      seats.ownerOf(place.topic, place.group)?.readers.get(place.partition)?.retake()
      return
    }
    if (isReplayed) await store(produced)
    else await opened().partitions.catchUpAll(produced.map(({ topic }) => topic))
  }

  const replayPartition = async (place: Place, fromMs: number): Promise<void> => {
    const { fetcher } = opened()
    const topic = names.kafkaTopic(place.topic)
    const committer = committerOf(place)
    const reader = seats.ownerOf(place.topic, place.group)?.readers.get(place.partition)
    if (reader === undefined || committer.cursor === undefined) await committer.acquire()
    const end = (await fetcher.bounds(topic, [place.partition])).get(place.partition)!.next
    const offset = (await fetcher.offsetAt(topic, place.partition, fromMs)) ?? end
    const step = {
      offset,
      produced: [],
      changes: [],
      keyChunks: new Map(),
      isReplay: true,
    } as const
    const result = await committer.commit(() => step)
    if (result === 'lost') return replayPartition(place, fromMs)
    const cursor = committer.cursor
    if (cursor !== undefined) reader?.rewind(cursor)
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
        open = await openAll()
        hasStarted = true
      } catch (error) {
        throw kafkaError(`opening the log at ${options.brokers.join(', ')}`, error)
      }
    },
    stop: async (deadline) => {
      const { appender, fetcher, admin } = open ?? {}
      stopping.abort()
      if (!hasStarted) return
      const closed = (async () => {
        await Promise.all(leaving)
        await appender?.close()
        await Promise.all([...committers.values()].map((committer) => committer.close()))
        await Promise.all([fetcher?.close(), admin?.disconnect()])
      })()
      await untilAborted(closed, deadline).catch(() => undefined)
    },
    partitions: names.partitionsOf,
    append: async (produced, signal) => {
      signal.throwIfAborted()
      opened()
      await untilAborted(store(produced), signal)
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
            committer: committerOf({ topic, group, partition }),
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
            sessionTimeoutMs: options.sessionTimeoutMs,
            onAssigned,
          }),
        commit: (partition, carved, produced, changes) =>
          commit({ topic, group, partition }, carved, produced, changes),
        onLeave: (left) => {
          if (seats.ownerOf(topic, group) === seat) seats.leave(topic, group)
          leaving.add(left)
          void left.finally(() => leaving.delete(left))
        },
      })
    },
    readState: async (topic, group, prefix, partition = 0) => {
      optionsOf(topic)
      const { state } = await committerOf({ topic, group, partition }).saved()
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
        await replayPartition({ topic, group, partition }, fromMs)
    },
    status: async () => {
      const all = Object.keys(topics).toSorted()
      return Promise.all(all.map((topic) => statusOf(topic, opened())))
    },
    sweep: () => opened().room.sweep(),
  }
}

async function statusOf(
  topic: string,
  { partitions, cursors, browser }: Open,
): Promise<TopicStatus> {
  await partitions.catchUp(topic)
  const ledgers = partitions.ledgers(topic)
  const sum = (values: readonly number[]): number =>
    values.reduce((total, value) => total + value, 0)
  const oldest = await Promise.all(
    partitions.numbers(topic).map((partition) => browser.oldestMs(topic, partition)),
  )
  const times = oldest.filter((timeMs) => timeMs !== undefined)
  return {
    topic,
    records: Math.round(sum(ledgers.map(({ records }) => records))),
    bytes: Math.round(sum(ledgers.map(({ bytes }) => bytes))),
    firstOffset: sum(ledgers.map(({ first }) => first)),
    nextOffset: sum(ledgers.map(({ next }) => next)),
    oldestAppendedAtMs: times.length === 0 ? 0 : Math.min(...times),
    cursors: Object.fromEntries(
      [...(await cursors.of(topic))].map(([group, offsets]) => [
        group,
        sum(offsets.map((offset, partition) => offset ?? ledgers[partition]!.first)),
      ]),
    ),
  }
}

/** State that is older than what is saved would undo it. */
function behindError({ group }: Place, offset: number, savedOffset: number): KubewitnessError {
  return new KubewitnessError(
    'log.failed',
    `saving the state of ${group} at ${offset}: it is saved at ${savedOffset} already`,
    { next: 'report this as a bug' },
  )
}
