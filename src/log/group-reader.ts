import { setImmediate } from 'node:timers/promises'
import type {
  Delivery,
  Produce,
  ReadLimits,
  StartAt,
  StateChange,
  StoredRecord,
} from '../contracts.ts'
import type { Cursor } from './topic-store.ts'
import type { Pause } from './wakeups.ts'

/** Records from a place on. They end before `nextOffset`, which may lie behind damaged ones that were left out. */
export interface Fetched {
  readonly records: readonly StoredRecord[]
  readonly nextOffset: number
}

/** A reader's place in its group. A replay moves it. */
export interface Seat {
  nextOffset: number
  epoch: number
}

/** What reading a group needs of a log. */
export interface ReadSide {
  /** Takes the group's only seat; rejects when it is taken. */
  join(topic: string, group: string, startAt: StartAt, limits: ReadLimits): Promise<Seat>
  /** Gives the seat back, and wakes its reader; again is no error. */
  leave(topic: string, group: string, seat: Seat): void
  /** From the seat's place on, which a replay may have moved until now. Never waits. At least one record if there is any, whatever its size. */
  fetch(topic: string, group: string, seat: Readonly<Seat>, limits: ReadLimits): Fetched
  /** Resolves when there may be something new or a reader of the topic leaves, after `maxMs` at the latest. */
  pause(topic: string, maxMs: number | undefined): Promise<Pause>
  commit(
    topic: string,
    group: string,
    cursor: Cursor,
    produced: readonly Produce[],
    changes: readonly StateChange[],
  ): Promise<void>
  /** True once stopped; throws when the log has failed. */
  ended(): boolean
}

/**
 * Reads a group from its cursor on. The seat is taken at the first step of the iteration and given back when the
 * signal aborts, the loop is left or the log stops; deliveries in hand may still be committed after that.
 */
export async function* readGroup(
  side: ReadSide,
  topic: string,
  group: string,
  startAt: StartAt,
  limits: ReadLimits,
  signal: AbortSignal,
): AsyncGenerator<Delivery, void, void> {
  if (signal.aborted || side.ended()) return
  const seat = await side.join(topic, group, startAt, limits)
  const leave = (): void => side.leave(topic, group, seat)
  signal.addEventListener('abort', leave, { once: true })
  const deliver = (records: readonly StoredRecord[]): Delivery => {
    const cursor = { ...seat }
    return {
      records,
      partition: 0,
      epoch: cursor.epoch,
      commit: (produced = [], changes = []) => side.commit(topic, group, cursor, produced, changes),
    }
  }
  let pause: Pause = 'woken'
  try {
    while (!signal.aborted && !side.ended()) {
      const { records, nextOffset } = side.fetch(topic, group, seat, limits)
      const isIdle = nextOffset === seat.nextOffset
      seat.nextOffset = nextOffset
      const isQuiet = isIdle && pause === 'waited' && limits.idleAfterMs !== undefined
      if (records.length > 0 || isQuiet) {
        pause = 'woken'
        yield deliver(records)
      } else if (isIdle) {
        pause = await side.pause(topic, limits.idleAfterMs)
      } else {
        // Only damaged records: others get their turn before the next ones are tried.
        await setImmediate()
      }
    }
  } finally {
    signal.removeEventListener('abort', leave)
    leave()
  }
}
