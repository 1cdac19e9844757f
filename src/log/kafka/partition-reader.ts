import { setTimeout as wait } from 'node:timers/promises'
import type { Logger, ReadLimits, StoredRecord } from '../../contracts.ts'
import { messageOf } from '../../errors.ts'
import { untilAborted } from '../until-aborted.ts'
import type { RawMessage } from './driver.ts'
import { isOutOfRange } from './fetcher.ts'
import { KeyWindow } from './key-window.ts'
import { toRecord } from './messages.ts'
import { createReadAhead } from './read-ahead.ts'
import type { Cursor } from './saved.ts'
import { type TakeOverOptions, takeOver } from './take-over.ts'

/** Having a partition, from taking it over until another takes it or it is taken over anew. */
export interface Tenure {
  /** Of the cursor it began with. */
  readonly epoch: number
  /** How often this reader has taken the partition over again: what was read before is not to be counted on. */
  readonly number: number
  /** Of the committer: it is over, too, when the place is acquired anew, by whoever in this process. */
  readonly term: number
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

/** Its fetcher is its own: a wait for records holds up what comes behind on the connection. */
export interface PartitionReaderOptions extends TakeOverOptions {
  readonly limits: ReadLimits
  readonly hasUniqueKeys: boolean
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
const pauseMs = { first: 500, most: 30_000 } as const

/** Fetches one partition ahead of its reader, one fetch at most, and leaves out records whose key came before. */
export function openPartitionReader(options: PartitionReaderOptions): PartitionReader {
  const { place, limits, committer, fetcher, names, logger, onChange } = options
  const topic = names.kafkaTopic(place.topic)
  const { partition } = place
  const fetchBytes = Math.min(Math.max(limits.maxBytes, mebibyte), 8 * mebibyte)
  const closing = new AbortController()
  const ahead = createReadAhead(limits)
  /** It was given to this reader just now; later it may have been given to another one without notice. */
  let isConfirmed = true
  let tenure: Tenure | undefined
  /** Where the next fetch begins. */
  let fetchOffset = 0
  let isAtEnd = false
  let lookedMs = performance.now()

  const beginTenure = ({ epoch, offset }: Cursor, window: KeyWindow): void => {
    endTenure()
    tenure = { epoch, number: options.nextTenure(), term: committer.term, window, isOver: false }
    fetchOffset = offset
    isAtEnd = false
  }
  /** Nothing of what is in hand is given out any more, and whoever waits for room goes on. */
  const endTenure = (): void => {
    if (tenure !== undefined) tenure.isOver = true
    tenure = undefined
    ahead.clear()
  }

  const takeTenure = async (): Promise<void> => {
    if (!isConfirmed) await untilAborted(options.confirmed(), closing.signal)
    isConfirmed = false
    const taken = await takeOver(options, closing.signal)
    if (taken === undefined) return
    beginTenure(taken.cursor, taken.window)
    logger.debug('A partition was taken over', { ...place, offset: taken.cursor.offset })
  }

  const push = (messages: readonly RawMessage[], own: Tenure): void => {
    for (const message of messages) {
      const record = toRecord(message, place.topic, partition, names)
      const isNew = !options.hasUniqueKeys || own.window.take(Number(message.offset), record.key)
      if (isNew) ahead.add(record)
    }
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
    const step = { offset: first, produced: [], changes: [], keyChunks: new Map() }
    await committer.commit(() => ({ ...step, isReplay: true }))
    endTenure()
  }

  const lookForReplay = async (): Promise<void> => {
    if (!isAtEnd || performance.now() - lookedMs < lookEveryMs) return
    lookedMs = performance.now()
    const offset = await options.committedOffset()
    if (offset !== undefined && offset < (committer.cursor?.offset ?? 0)) endTenure()
  }

  const readOn = async (): Promise<void> => {
    if (tenure === undefined) await takeTenure()
    if (tenure === undefined) return
    if (ahead.isFull) return ahead.changed()
    await fetchOnce(tenure).catch((error: unknown) => {
      if (!isOutOfRange(error)) throw error
      return moveIntoRange()
    })
    await lookForReplay()
  }

  const run = async (): Promise<void> => {
    for (let failures = 0; !closing.signal.aborted; ) {
      try {
        await readOn()
        failures = 0
      } catch (error) {
        if (closing.signal.aborted) return
        const fields = { ...place, error: messageOf(error) }
        logger.warn('Reading a partition failed; it is tried again', fields)
        endTenure()
        const ms = Math.min(pauseMs.first * 2 ** failures, pauseMs.most)
        await wait(ms, undefined, { signal: closing.signal }).catch(() => undefined)
        failures += 1
      }
    }
  }
  const running = run()

  const kafkaOffset = ({ position }: StoredRecord): number =>
    Math.floor(position.offset / names.partitionsOf(place.topic))

  return {
    quietSinceMs: options.nowMs(),
    take: () => {
      if (tenure === undefined) return undefined
      const taken = options.firstOffset()
      ahead.dropWhile((record) => kafkaOffset(record) < taken)
      const records = ahead.take()
      if (records.length === 0) return undefined
      const nextOffset = ahead.first === undefined ? fetchOffset : kafkaOffset(ahead.first)
      return { records, nextOffset, tenure }
    },
    takeNothing: () =>
      tenure === undefined || ahead.first !== undefined || !isAtEnd
        ? undefined
        : { records: [], nextOffset: fetchOffset, tenure },
    rewind: (cursor) => beginTenure(cursor, new KeyWindow()),
    retake: endTenure,
    close: async () => {
      // What is in hand may still be committed, until somebody takes the partition over.
      closing.abort()
      tenure = undefined
      ahead.clear()
      fetcher.close()
      await running
    },
  }
}
