import type { Produce, StartAt, StateChange } from '../contracts.ts'
import { KubewitnessError } from '../errors.ts'
import { makeRoom, type OnLost } from './retention.ts'
import { fullError } from './store-error.ts'
import { type Cursor, sizeOf, type TopicStore } from './topic-store.ts'

/** How far a group has come and what of its state is new there, as part of a write. */
export interface Progress extends Cursor {
  readonly topic: string
  readonly group: string
  readonly changes: readonly StateChange[]
}

/** One atomic step of the log. */
export type Change =
  | {
      readonly kind: 'write'
      readonly nowMs: number
      readonly produced: readonly Produce[]
      readonly progress?: Progress
    }
  | {
      readonly kind: 'join'
      readonly topic: string
      readonly group: string
      readonly startAt: StartAt
    }
  | {
      readonly kind: 'replay'
      readonly topic: string
      readonly group: string
      readonly fromMs: number
    }

/** Whether it appends nothing: it moves a cursor, and perhaps saves state. */
export function isProgressOnly(change: {
  readonly kind: Change['kind']
  readonly produced?: readonly unknown[]
  readonly progress?: object
}): boolean {
  return change.kind === 'write' && change.progress !== undefined && change.produced?.length === 0
}

/**
 * Carries out one change; what it needs to refuse, it refuses with a KubewitnessError before it has stored anything.
 * `join` and `replay` answer with the group's cursor.
 */
export function applyChange(
  topics: ReadonlyMap<string, TopicStore>,
  change: Change,
  onLost: OnLost,
): Cursor | undefined {
  switch (change.kind) {
    case 'write':
      if (change.progress !== undefined) checkProgress(topics, change.progress)
      checkRoom(topics, change.produced, onLost)
      for (const { topic, records } of change.produced) {
        topicOf(topics, topic).insert(records, change.nowMs)
      }
      if (change.progress !== undefined) advance(topics, change.progress)
      return undefined
    case 'join': {
      const store = topicOf(topics, change.topic)
      const known = store.cursors.get(change.group)
      if (known !== undefined) return known
      // Kept at once: a group that began at the end must not begin at a later end after a restart.
      const cursor = { nextOffset: startOffset(store, change.startAt), epoch: 0 }
      store.setCursor(change.group, cursor)
      store.clearState(change.group)
      return cursor
    }
    case 'replay': {
      const store = topicOf(topics, change.topic)
      const epoch = (store.cursors.get(change.group)?.epoch ?? 0) + 1
      const cursor = { nextOffset: store.firstAtOrAfter(change.fromMs), epoch }
      store.setCursor(change.group, cursor)
      store.clearState(change.group)
      return cursor
    }
    default:
      return change satisfies never
  }
}

/** Throws for a topic that was not declared: a mistake in the composition, not of the user. */
export function topicOf<T>(topics: ReadonlyMap<string, T>, name: string): T {
  const topic = topics.get(name)
  if (topic !== undefined) return topic
  throw new KubewitnessError('log.failed', `using the topic ${name}: it was not declared`, {
    next: 'report this as a bug',
  })
}

function checkRoom(
  topics: ReadonlyMap<string, TopicStore>,
  produced: readonly Produce[],
  onLost: OnLost,
): void {
  const needed = new Map<TopicStore, number>()
  for (const { topic, records } of produced) {
    const store = topicOf(topics, topic)
    const bytes = records.reduce((sum, record) => sum + sizeOf(record), 0)
    needed.set(store, (needed.get(store) ?? 0) + bytes)
  }
  for (const [store, bytes] of needed) {
    if (makeRoom(store, bytes, onLost)) continue
    throw fullError(
      `appending to the topic ${store.name}: ${store.options.maxBytes} bytes are stored that ${store.options.protectedGroups.join(', ')} has not read`,
      'see why the reader is behind, or allow the topic more bytes',
    )
  }
}

/** State that is older than what is saved would undo it. */
function checkProgress(topics: ReadonlyMap<string, TopicStore>, progress: Progress): void {
  const { topic, group, nextOffset, epoch, changes } = progress
  const known = topicOf(topics, topic).cursors.get(group)
  if (changes.length === 0 || known === undefined) return
  if (known.epoch !== epoch || known.nextOffset <= nextOffset) return
  throw new KubewitnessError(
    'log.failed',
    `saving the state of ${group} at ${nextOffset}: it is saved at ${known.nextOffset} already`,
    { next: 'report this as a bug' },
  )
}

/** A later commit covers the earlier ones, so the cursor only moves forward; not at all when a replay came between. */
function advance(topics: ReadonlyMap<string, TopicStore>, progress: Progress): void {
  const { topic, group, nextOffset, epoch, changes } = progress
  const store = topicOf(topics, topic)
  const known = store.cursors.get(group)
  if (known !== undefined && known.epoch !== epoch) return
  if (changes.length > 0) store.changeState(group, changes)
  if (known === undefined || known.nextOffset < nextOffset)
    store.setCursor(group, { nextOffset, epoch })
}

function startOffset(store: TopicStore, startAt: StartAt): number {
  if (startAt === 'latest') return store.nextOffset
  if (startAt === 'earliest' || startAt === 'committed') return store.firstOffset
  return store.firstAtOrAfter(startAt.fromMs)
}
