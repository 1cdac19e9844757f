import { setTimeout as wait } from 'node:timers/promises'
import type { Logger, ReadLimits, StartAt, StoredRecord } from '../../contracts.ts'
import { messageOf } from '../../errors.ts'
import { untilAborted } from '../until-aborted.ts'
import type { Committer } from './committer.ts'
import { type Fetcher, isOutOfRange } from './fetcher.ts'
import { KeyWindow } from './key-window.ts'
import { recordBytes, toRecord } from './messages.ts'
import type { Names, Place } from './names.ts'
import type { Cursor } from './saved.ts'

/** Having a partition, from taking it over until another takes it or it is taken over anew. */
export interface Tenure {
  /** Of the cursor it began with. */
  readonly epoch: number
  /** How often this reader has taken the partition over again: what was read before is not to be counted on. */
  readonly number: number
  readonly window: KeyWindow
  isOver: boolean
}

/** What a reader of a partition has in hand. */
export interface Carved {
  readonly records: readonly StoredRecord[]
  /** Kafka's offset behind them. */
  readonly nextOffset: number
  readonly tenure: Tenure
}

export interface PartitionReader {
  /** The next records within the limits; undefined when there are none yet. */
  take(): Carved | undefined
  /** As a delivery without records: everything that there is was taken. Undefined when that is not so. */
  takeNothing(): Carved | undefined
  /** Goes on behind another cursor: of a replay in this process. */
  rewind(cursor: Cursor): void
  /** Takes the partition over anew, once the group has confirmed that it is still this reader's, and begins at the saved cursor. */
  retake(): void
  /** Time of the last delivery of it, by the clock of whoever delivers. */
  quietSinceMs: number
  close(): Promise<void>
}

export interface PartitionReaderOptions {
  readonly place: Place
  readonly startAt: StartAt
  readonly limits: ReadLimits
  readonly hasUniqueKeys: boolean
  readonly committer: Committer
  /** Its own: a wait for records holds up what comes behind on the connection. */
  readonly fetcher: Fetcher
  readonly names: Names
  readonly logger: Logger
  readonly nowMs: () => number
  /** What retention has taken is not given out any more: it was counted as unread. */
  readonly firstOffset: () => number
  /** The group's offset, as Kafka has it. */
  readonly committedOffset: () => Promise<number | undefined>
  /** How often the partition was taken over within this reading: the number that a new tenure gets. */
  readonly nextTenure: () => number
  /** Resolves once the group has said again who is a member. A reader that was thrown out is closed by then. */
  readonly confirmed: () => Promise<void>
  /** There is something to take, or to take nothing of. */
  readonly onChange: () => void
}

const mebibyte = 1 << 20
const maxWaitMs = 250
/** How soon a replay by another process is noticed when nothing is committed here. */
const lookEveryMs = 5000

/** Fetches one partition ahead of its reader, one fetch at most, and leaves out records whose key came before. */
export function openPartitionReader(options: PartitionReaderOptions): PartitionReader {
  const { place, startAt, limits, committer, fetcher, names, logger, onChange } = options
  const topic = names.kafkaTopic(place.topic)
  const { partition } = place
  const partitions = names.partitionsOf(place.topic)
  const fetchBytes = Math.min(Math.max(limits.maxBytes, mebibyte), 8 * mebibyte)
  const closing = new AbortController()
  /** It was given to this reader just now; later it may have been given to another one without notice. */
  let isConfirmed = true
  let tenure: Tenure | undefined
  let buffer: StoredRecord[] = []
  let bufferedBytes = 0
  /** Where the next fetch begins, and behind what was given out. */
  let fetchOffset = 0
  let givenOffset = 0
  let isAtEnd = false
  let drained = Promise.withResolvers<void>()
  let lookedMs = performance.now()

  const beginAt = (offset: number): void => {
    buffer = []
    bufferedBytes = 0
    fetchOffset = offset
    givenOffset = offset
    isAtEnd = false
    drained.resolve()
  }

  const startOffset = async (): Promise<number> => {
    const { first, next } = (await fetcher.bounds(topic, [partition])).get(partition)!
    if (startAt === 'latest') return next
    if (startAt === 'earliest' || startAt === 'committed') return first
    return (await fetcher.offsetAt(topic, partition, startAt.fromMs)) ?? next
  }

  /** Kept at once: a group that began at the end must not begin at a later end after a restart. */
  const begin = async (): Promise<void> => {
    const offset = await startOffset()
    await committer.commit(() => ({ offset, produced: [], changes: [], keyChunks: new Map() }))
  }

  const takeOver = async (): Promise<void> => {
    if (!isConfirmed) await untilAborted(options.confirmed(), closing.signal)
    isConfirmed = false
    const saved = await committer.acquire(closing.signal)
    if (saved.cursor === undefined) await begin()
    const cursor = committer.cursor
    if (cursor === undefined) return
    tenure = {
      epoch: cursor.epoch,
      number: options.nextTenure(),
      window: KeyWindow.restore(saved.keyChunks.values()),
      isOver: false,
    }
    logger.debug('A partition was taken over', { ...place, offset: cursor.offset })
    beginAt(cursor.offset)
  }

  const endTenure = (): void => {
    if (tenure !== undefined) tenure.isOver = true
    tenure = undefined
  }

  const push = (messages: Awaited<ReturnType<Fetcher['fetch']>>['messages'], own: Tenure): void => {
    for (const message of messages) {
      const record = toRecord(message, place.topic, partition, names)
      if (options.hasUniqueKeys && !own.window.take(Number(message.offset), record.key)) continue
      buffer.push(record)
      bufferedBytes += recordBytes(record)
    }
  }

  const dropTaken = (): void => {
    const first = options.firstOffset()
    while (buffer[0] !== undefined && kafkaOffset(buffer[0], partitions) < first)
      bufferedBytes -= recordBytes(buffer.shift()!)
  }

  const fetchOnce = async (own: Tenure): Promise<void> => {
    const offset = fetchOffset
    const { messages, nextOffset } = await fetcher.fetch({
      topic,
      partition,
      offset,
      maxBytes: fetchBytes,
      maxWaitMs: Math.min(limits.idleAfterMs ?? maxWaitMs, maxWaitMs),
    })
    if (tenure !== own || fetchOffset !== offset || closing.signal.aborted) return
    const wasAtEnd = isAtEnd
    push(messages, own)
    fetchOffset = nextOffset
    isAtEnd = nextOffset === offset
    if (!wasAtEnd || !isAtEnd) onChange()
  }

  /** Retention went past this place, or the topic is another one than it was. */
  const moveIntoRange = async (): Promise<void> => {
    const { first, next } = (await fetcher.bounds(topic, [partition])).get(partition)!
    if (fetchOffset < first) {
      fetchOffset = first
      return
    }
    logger.error('A topic ends before the place where a group goes on; the group begins anew', {
      ...place,
      offset: fetchOffset,
      end: next,
    })
    await committer.commit(() => ({
      offset: first,
      produced: [],
      changes: [],
      keyChunks: new Map(),
      isReplay: true,
    }))
    endTenure()
  }

  const lookForReplay = async (): Promise<void> => {
    if (!isAtEnd || performance.now() - lookedMs < lookEveryMs) return
    lookedMs = performance.now()
    const offset = await options.committedOffset()
    if (offset !== undefined && offset < (committer.cursor?.offset ?? 0)) endTenure()
  }

  const readOn = async (): Promise<void> => {
    if (tenure === undefined) await takeOver()
    const own = tenure
    if (own === undefined) return
    if (bufferedBytes >= limits.maxBytes || buffer.length >= limits.maxRecords) {
      drained = Promise.withResolvers()
      await drained.promise
      return
    }
    await fetchOnce(own).catch((error: unknown) => {
      if (!isOutOfRange(error)) throw error
      return moveIntoRange()
    })
    await lookForReplay()
  }

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        await readOn()
      } catch (error) {
        if (closing.signal.aborted) return
        logger.warn('Reading a partition failed; it is tried again', {
          ...place,
          error: messageOf(error),
        })
        endTenure()
        await wait(500, undefined, { signal: closing.signal }).catch(() => undefined)
      }
    }
  }
  const running = run()

  return {
    quietSinceMs: options.nowMs(),
    take: () => {
      if (tenure === undefined) return undefined
      dropTaken()
      if (buffer.length === 0) {
        drained.resolve()
        return undefined
      }
      const records = carve(buffer, limits)
      buffer = buffer.slice(records.length)
      bufferedBytes -= records.reduce((sum, record) => sum + recordBytes(record), 0)
      const next = buffer[0]
      givenOffset = next === undefined ? fetchOffset : kafkaOffset(next, partitions)
      drained.resolve()
      return { records, nextOffset: givenOffset, tenure }
    },
    takeNothing: () => {
      if (tenure === undefined || buffer.length > 0 || !isAtEnd) return undefined
      givenOffset = fetchOffset
      return { records: [], nextOffset: givenOffset, tenure }
    },
    rewind: (cursor) => {
      endTenure()
      tenure = {
        epoch: cursor.epoch,
        number: options.nextTenure(),
        window: new KeyWindow(),
        isOver: false,
      }
      beginAt(cursor.offset)
    },
    retake: endTenure,
    close: async () => {
      // What is in hand may still be committed, until somebody takes the partition over.
      closing.abort()
      tenure = undefined
      drained.resolve()
      fetcher.close()
      await running
    },
  }
}

/** As many records as the limits allow, one at least. */
function carve(buffer: readonly StoredRecord[], limits: ReadLimits): readonly StoredRecord[] {
  let bytes = 0
  const end = buffer.findIndex((record, index) => {
    bytes += recordBytes(record)
    return index > 0 && (index >= limits.maxRecords || bytes > limits.maxBytes)
  })
  return end === -1 ? buffer : buffer.slice(0, end)
}

function kafkaOffset({ position }: StoredRecord, partitions: number): number {
  return Math.floor(position.offset / partitions)
}
