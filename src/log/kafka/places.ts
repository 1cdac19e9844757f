import { randomUUID } from 'node:crypto'
import type { Clock, Logger, Produce, StateChange } from '../../contracts.ts'
import { KubewitnessError } from '../../errors.ts'
import { type Committer, createCommitter } from './committer.ts'
import type { Names, Place } from './names.ts'
import type { Opened } from './opened.ts'
import type { Carved, PartitionReader } from './partition-reader.ts'
import type { Storing } from './storing.ts'
import type { TopicMessages } from './transactions.ts'

/** The places where groups read, or have read, through this process: what is saved there, and how it is moved. */
export interface Places {
  committerOf(place: Place): Committer
  /** Where the group goes on, if this process reads there or did a moment ago. */
  ownCursor(topic: string, group: string, partition: number): number | undefined
  /**
   * One step: the cursor behind what was read, what was produced from it, and the changes of the state. Where another process has
   * taken the place over, nothing is stored. Behind a replay only what was produced is stored.
   */
  commit(
    place: Place,
    carved: Carved,
    produced: readonly Produce[],
    changes: readonly StateChange[],
  ): Promise<void>
  /** Puts the cursor back to the first record of at least that time, and forgets the state. */
  replay(place: Place, fromMs: number): Promise<void>
  close(): Promise<void>
}

export function createPlaces(options: {
  readonly opened: () => Opened
  readonly names: Names
  readonly storing: Storing
  readonly clock: Clock
  readonly logger: Logger
  /** Who reads at a place in this process. */
  readonly readerOf: (place: Place) => PartitionReader | undefined
  readonly stopping: AbortSignal
}): Places {
  const { opened, names, storing, clock, logger, readerOf, stopping } = options
  const writer = randomUUID()
  const committers = new Map<string, Committer>()

  const committerOf = (place: Place): Committer => {
    const { driver, fetcher, compression } = opened()
    const key = keyOf(place)
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
      stopping,
    })
    committers.set(key, committer)
    return committer
  }

  const commit: Places['commit'] = async (place, { nextOffset, tenure }, produced, changes) => {
    const outgoing = await storing.prepare(produced)
    const topicMessages: TopicMessages[] = [...Map.groupBy(outgoing, ({ topic }) => topic)].map(
      ([topic, all]) => ({ topic, messages: all.map(({ message }) => message) }),
    )
    let isReplayed = false
    const committer = committerOf(place)
    const result = await committer.commit((cursor) => {
      isReplayed = cursor !== undefined && cursor.epoch !== tenure.epoch
      const isOver = tenure.isOver || tenure.term !== committer.term
      if (isReplayed || isOver || cursor === undefined) return undefined
      if (changes.length > 0 && cursor.offset > nextOffset)
        throw behindError(place, nextOffset, cursor.offset)
      const offset = Math.max(cursor.offset, nextOffset)
      return { offset, produced: topicMessages, changes, keyChunks: tenure.window.save(offset) }
    })
    if (result === 'lost') {
      tenure.isOver = true
      readerOf(place)?.retake()
      return
    }
    if (isReplayed) await storing.store(produced)
    else await opened().partitions.catchUpAll(produced.map(({ topic }) => topic))
  }

  const replay = async (place: Place, fromMs: number): Promise<void> => {
    const committer = committerOf(place)
    const reader = readerOf(place)
    if (reader === undefined || committer.cursor === undefined) await committer.acquire(stopping)
    const offset = await offsetAt(place, fromMs)
    const step = {
      offset,
      produced: [],
      changes: [],
      keyChunks: new Map(),
      isReplay: true,
    } as const
    // Another process may have the place, or take it, at any time.
    while ((await committer.commit(() => step)) === 'lost') await committer.acquire(stopping)
    const cursor = committer.cursor
    if (cursor !== undefined) reader?.rewind(cursor)
  }

  const offsetAt = async ({ topic, partition }: Place, fromMs: number): Promise<number> => {
    const { fetcher } = opened()
    const kafkaTopic = names.kafkaTopic(topic)
    const end = (await fetcher.bounds(kafkaTopic, [partition])).get(partition)!.next
    return (await fetcher.offsetAt(kafkaTopic, partition, fromMs)) ?? end
  }

  return {
    committerOf,
    ownCursor: (topic, group, partition) => {
      const place = { topic, group, partition }
      const committer = committers.get(keyOf(place))
      const isRead = readerOf(place) !== undefined
      return isRead || committer?.isRecent ? committer?.cursor?.offset : undefined
    },
    commit,
    replay,
    close: async () => {
      await Promise.all([...committers.values()].map((committer) => committer.close()))
    },
  }
}

function keyOf({ topic, group, partition }: Place): string {
  return JSON.stringify([topic, group, partition])
}

/** State that is older than what is saved would undo it. */
function behindError({ group }: Place, offset: number, savedOffset: number): KubewitnessError {
  return new KubewitnessError(
    'log.failed',
    `saving the state of ${group} at ${offset}: it is saved at ${savedOffset} already`,
    { next: 'report this as a bug' },
  )
}
