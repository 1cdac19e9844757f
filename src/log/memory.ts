import type {
  BrowseQuery,
  Clock,
  Log,
  StoredRecord,
  TopicOptions,
  TopicStatus,
} from '../contracts.ts'
import { browseRange } from './browse-range.ts'
import { applyChange, type Change, topicOf } from './changes.ts'
import { type ReadSide, readGroup, type Seat } from './group-reader.ts'
import { MemoryStore } from './memory-store.ts'
import { sweepStep } from './retention.ts'
import { createSeats } from './seats.ts'
import { noUniqueKeys, stoppedError } from './store-error.ts'
import type { Cursor } from './topic-store.ts'
import { createWakeups } from './wakeups.ts'

/**
 * A log that lives as long as the process: for offline runs and tests. Same contract as the others, except that
 * "durable" ends with the process. One reader a group; a second is refused.
 */
export function createMemoryLog(options: {
  readonly clock: Clock
  readonly topics: Readonly<Record<string, TopicOptions>>
}): Log {
  const { clock } = options
  const topics = new Map(
    Object.entries(options.topics).map(([name, topic]) => [name, new MemoryStore(name, topic)]),
  )
  const wakeups = createWakeups(clock)
  const seats = createSeats<Seat>()
  const losses = new Map<string, number>()
  let isStopped = false
  const onLost = (topic: string, records: number): void => {
    losses.set(topic, (losses.get(topic) ?? 0) + records)
  }
  const apply = (change: Change): Cursor | undefined => {
    if (isStopped) throw stoppedError()
    return applyChange(topics, change, onLost)
  }
  const write = async (change: Extract<Change, { kind: 'write' }>): Promise<void> => {
    apply(change)
    for (const { topic } of change.produced) wakeups.wake(topic)
  }

  const side: ReadSide = {
    join: async (topic, group, startAt) => {
      topicOf(topics, topic)
      const seat: Seat = { nextOffset: 0, epoch: 0 }
      seats.take(topic, group, seat)
      return Object.assign(seat, apply({ kind: 'join', topic, group, startAt }))
    },
    leave: (topic, group, seat) => {
      if (seats.ownerOf(topic, group) === seat) seats.leave(topic, group)
      wakeups.wake(topic)
    },
    fetch: (topic, _group, { nextOffset }, limits) =>
      topicOf(topics, topic).fetch(nextOffset, limits),
    pause: wakeups.pause,
    commit: (topic, group, cursor, produced, changes) =>
      write({
        kind: 'write',
        nowMs: clock.nowMs(),
        produced,
        progress: { topic, group, ...cursor, changes },
      }),
    ended: () => isStopped,
  }

  return {
    name: 'log',
    start: async () => undefined,
    stop: async () => {
      isStopped = true
      wakeups.end()
    },
    partitions: () => 1,
    append: async (produced, signal) => {
      signal.throwIfAborted()
      await write({ kind: 'write', nowMs: clock.nowMs(), produced })
    },
    read: (topic, group, startAt, limits, signal) =>
      readGroup(side, topic, group, startAt, limits, signal),
    readState: async (topic, group, prefix) => topicOf(topics, topic).readState(group, prefix),
    browse: async (topic, query) => browse(topicOf(topics, topic), query),
    find: async (topic, keys) => withKeys(topicOf(topics, topic)).find(keys),
    findByPrefix: async (topic, prefix, limit) =>
      withKeys(topicOf(topics, topic)).findByPrefix(prefix, limit),
    replay: async (topic, group, fromMs) => {
      const cursor = apply({ kind: 'replay', topic, group, fromMs })
      Object.assign(seats.ownerOf(topic, group) ?? {}, cursor)
      wakeups.wake(topic)
    },
    status: async () =>
      [...topics.values()].map(statusOf).toSorted((a, b) => (a.topic < b.topic ? -1 : 1)),
    sweep: async () => {
      for (const store of topics.values()) {
        while (sweepStep(store, clock.nowMs(), onLost));
      }
      const lost = Object.fromEntries(losses)
      losses.clear()
      return lost
    },
  }
}

function browse(store: MemoryStore, query: BrowseQuery): readonly StoredRecord[] {
  const { from, to } = browseRange(query, store.firstOffset, store.nextOffset, (timeMs) =>
    store.firstAtOrAfter(timeMs),
  )
  if (query.order === 'oldest') return store.slice(from, Math.min(to, from + query.limit))
  return store.slice(Math.max(from, to - query.limit), to).toReversed()
}

function withKeys(store: MemoryStore): MemoryStore {
  if (!store.options.uniqueKeys) throw noUniqueKeys(store.name)
  return store
}

function statusOf(store: MemoryStore): TopicStatus {
  return {
    topic: store.name,
    records: store.nextOffset - store.firstOffset,
    bytes: store.bytes,
    firstOffset: store.firstOffset,
    nextOffset: store.nextOffset,
    oldestAppendedAtMs: store.oldestAppendedAtMs,
    cursors: Object.fromEntries(
      [...store.cursors].map(([group, cursor]) => [group, cursor.nextOffset]),
    ),
  }
}
