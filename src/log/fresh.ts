import type { ReadLimits, StoredRecord } from '../contracts.ts'
import { release } from '../util/release.ts'
import type { Fetched } from './group-reader.ts'
import type { Fresh } from './sqlite-protocol.ts'
import { sizeOf } from './topic-store.ts'

// What has just become durable is handed on to who follows the topic, who need neither read nor unpack it: the same records
// in the same order as the store gives them. How much may be under way is a number that both threads share; what finds
// no room is left out, and read from the store.

/** So much is with the follower, or on its way. */
const roomBytes = 8 << 20

function openedBytes(records: readonly StoredRecord[]): number {
  return records.reduce((sum, { opened }) => sum + (opened?.byteLength ?? 0), 0)
}

/** The writer's side: the records that find room. The others' opened bytes are given up. */
export function admitFresh(
  records: readonly StoredRecord[],
  room: SharedArrayBuffer | undefined,
): readonly StoredRecord[] {
  const left = room === undefined ? undefined : new Int32Array(room)
  return records.filter((record) => {
    const bytes = openedBytes([record])
    if (left !== undefined && Atomics.sub(left, 0, bytes) >= bytes) return true
    if (left !== undefined) Atomics.add(left, 0, bytes)
    if (record.opened !== undefined) release(record.opened)
    return false
  })
}

/** What moves with a message instead of being copied. */
export function memoryOf({ records }: Fresh): ArrayBuffer[] {
  return records.flatMap(({ opened }) => (opened === undefined ? [] : [opened.buffer]))
}

/** The follower's side. */
export interface FreshQueue {
  readonly room: SharedArrayBuffer
  add(fresh: Fresh): void
  /** The records from an offset on, out of the store where they have not come yet or were left out. The caller is done with those of the last call. */
  fetch(fromOffset: number, limits: ReadLimits, fromStore: (limits: ReadLimits) => Fetched): Fetched
}

export function createFreshQueue(): FreshQueue {
  const room = new SharedArrayBuffer(4)
  const left = new Int32Array(room)
  left[0] = roomBytes
  let waiting: StoredRecord[] = []
  /** Remembered, as the caller may have given their memory up. */
  let inHandBytes = 0
  let end: number | undefined

  /** Those that come next, as many as the limits let. */
  const takeNext = (fromOffset: number, { maxBytes, maxRecords }: ReadLimits): StoredRecord[] => {
    let bytes = 0
    const end = waiting.findIndex((record, place) => {
      bytes += sizeOf(record)
      if (record.position.offset !== fromOffset + place) return true
      return place > 0 && (place === maxRecords || bytes > maxBytes)
    })
    return waiting.splice(0, end < 0 ? waiting.length : end)
  }
  return {
    room,
    add: (fresh) => {
      waiting.push(...fresh.records)
      end = fresh.end
    },
    fetch: (fromOffset, limits, fromStore) => {
      const passed = waiting.filter(({ position }) => position.offset < fromOffset)
      waiting = waiting.slice(passed.length)
      Atomics.add(left, 0, inHandBytes + openedBytes(passed))
      const records = takeNext(fromOffset, limits)
      inHandBytes = openedBytes(records)
      if (records.length > 0 || fromOffset === end)
        return { records, nextOffset: fromOffset + records.length }
      const gap = (waiting[0]?.position.offset ?? Number.POSITIVE_INFINITY) - fromOffset
      return fromStore({ ...limits, maxRecords: Math.min(limits.maxRecords, gap) })
    },
  }
}
