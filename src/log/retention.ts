import type { TopicStore } from './topic-store.ts'

/** Told how many records of a topic went unread by some group. */
export type OnLost = (topic: string, records: number) => void

// One step stays short, so that appends wait for it no longer than for another append.
const recordsPerStep = 256

/**
 * Takes the oldest records away when `bytes` more would exceed the topic's limit. False when that is not enough
 * because of records that a protected group has not read. When there is only more to take than fits in one step,
 * the append is let in, and the next steps catch up. An empty topic takes a batch larger than its limit, which would
 * otherwise be refused for ever.
 */
export function makeRoom(store: TopicStore, bytes: number, onLost: OnLost): boolean {
  const excess = store.bytes + bytes - store.options.maxBytes
  if (excess <= 0) return true
  const floor = protectedFloor(store)
  remove(store, floor, excess, onLost)
  if (store.bytes + bytes <= store.options.maxBytes) return true
  const isEmpty = store.firstOffset === store.nextOffset
  return store.options.protectedGroups.length === 0 || store.firstOffset < floor || isEmpty
}

/** One step of retention by age and bytes. True when there may be more to do. */
export function sweepStep(store: TopicStore, nowMs: number, onLost: OnLost): boolean {
  const floor = protectedFloor(store)
  const young = store.firstAtOrAfter(nowMs - store.options.maxAgeMs)
  const old = remove(store, Math.min(young, floor), Number.POSITIVE_INFINITY, onLost)
  if (old === recordsPerStep) return true
  const excess = store.bytes - store.options.maxBytes
  return excess > 0 && remove(store, floor, excess, onLost) === recordsPerStep
}

/** The first offset that some protected group has yet to read. A group that never came has read nothing. */
function protectedFloor(store: TopicStore): number {
  return store.options.protectedGroups.reduce(
    (floor, group) => Math.min(floor, store.cursors.get(group)?.nextOffset ?? store.firstOffset),
    store.nextOffset,
  )
}

function remove(
  store: TopicStore,
  untilOffset: number,
  bytesToFree: number,
  onLost: OnLost,
): number {
  const from = store.firstOffset
  const removed = store.removeOldest({ untilOffset, bytesToFree, maxRecords: recordsPerStep })
  const { readers } = store.options
  const cursors = [...store.cursors].filter(([group]) => readers?.includes(group) ?? true)
  const slowest = Math.min(...cursors.map(([, { nextOffset }]) => nextOffset))
  const lost = from + removed - Math.max(from, slowest)
  if (lost > 0) onLost(store.name, lost)
  return removed
}
