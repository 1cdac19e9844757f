import type { LogRecord, StateChange, TopicOptions } from '../contracts.ts'

/** Where a group goes on. `epoch` counts the replays: what was read before one may no longer move the cursor. */
export interface Cursor {
  readonly nextOffset: number
  readonly epoch: number
}

/** Which of the oldest records to take away. */
export interface Removal {
  /** Only records before this offset. */
  readonly untilOffset: number
  /** Stops once so many bytes are free. */
  readonly bytesToFree: number
  readonly maxRecords: number
}

/**
 * The stored records of one topic and the cursors of its groups, as the one writer sees them.
 * Offsets have no gaps: only the oldest records are ever removed. Times never fall from one record to the next.
 */
export interface TopicStore {
  readonly name: string
  readonly options: TopicOptions
  /** Equal to `nextOffset` when there is no record. */
  readonly firstOffset: number
  readonly nextOffset: number
  /** Bytes of keys and values. */
  readonly bytes: number
  readonly cursors: ReadonlyMap<string, Cursor>
  insert(records: readonly LogRecord[], nowMs: number): void
  /** Returns how many were removed. */
  removeOldest(removal: Removal): number
  /** Offset of the first record appended at or after the time; `nextOffset` if there is none. */
  firstAtOrAfter(timeMs: number): number
  setCursor(group: string, cursor: Cursor): void
  changeState(group: string, changes: readonly StateChange[]): void
  clearState(group: string): void
}

/** Bytes that a record counts for. */
export function sizeOf(record: LogRecord): number {
  return Buffer.byteLength(record.key) + record.value.byteLength
}

/**
 * The first offset in [from, to) whose time is at or after `timeMs`, or `to`: a binary search, because times never fall.
 * `timeAt` may be asked for an offset that was removed meanwhile and then answers with the time of the next one.
 */
export function searchTime(
  from: number,
  to: number,
  timeMs: number,
  timeAt: (offset: number) => number,
): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (timeAt(middle) >= timeMs) high = middle
    else low = middle + 1
  }
  return low
}
