import type { StartAt } from '../../contracts.ts'
import type { Committer } from './committer.ts'
import type { Fetcher } from './fetcher.ts'
import { KeyWindow } from './key-window.ts'
import type { Names, Place } from './names.ts'
import type { Cursor } from './saved.ts'

/** What a reader of a partition goes on from. */
export interface TakenOver {
  readonly cursor: Cursor
  readonly window: KeyWindow
}

/**
 * Takes a place over from whoever had it, and says what is saved there. Where the group has never read, its start is saved at
 * once: a group that began at the end must not begin at a later end after a restart. Undefined when another one was faster.
 */
export async function takeOver(
  { place, startAt, committer, fetcher, names }: TakeOverOptions,
  signal: AbortSignal,
): Promise<TakenOver | undefined> {
  const saved = await committer.acquire(signal)
  if (saved.cursor === undefined) {
    const offset = await startOffset(fetcher, names.kafkaTopic(place.topic), place, startAt)
    await committer.commit(() => ({ offset, produced: [], changes: [], keyChunks: new Map() }))
  }
  const { cursor } = committer
  return cursor && { cursor, window: KeyWindow.restore(saved.keyChunks.values()) }
}

export interface TakeOverOptions {
  readonly place: Place
  readonly startAt: StartAt
  readonly committer: Committer
  readonly fetcher: Fetcher
  readonly names: Names
}

async function startOffset(
  fetcher: Fetcher,
  topic: string,
  { partition }: Place,
  startAt: StartAt,
): Promise<number> {
  const { first, next } = (await fetcher.bounds(topic, [partition])).get(partition)!
  if (startAt === 'latest') return next
  if (startAt === 'earliest' || startAt === 'committed') return first
  return (await fetcher.offsetAt(topic, partition, startAt.fromMs)) ?? next
}
