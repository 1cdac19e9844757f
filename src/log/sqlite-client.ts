import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Clock, Log, ReadLimits } from '../contracts.ts'
import { KubewitnessError } from '../errors.ts'
import type { Change } from './changes.ts'
import { createFreshQueue, type FreshQueue } from './fresh.ts'
import { type Fetched, type ReadSide, readGroup, type Seat } from './group-reader.ts'
import { createPending } from './pending.ts'
import {
  type ClientMessage,
  countBytes,
  packChange,
  type WriterMessage,
} from './sqlite-protocol.ts'
import { openReads, type SqliteReads } from './sqlite-reads.ts'
import { stoppedError } from './store-error.ts'
import type { Cursor } from './topic-store.ts'
import { untilAborted } from './until-aborted.ts'
import { createWakeups } from './wakeups.ts'

/** Readers are woken by the writer; this is only in case that they were not. */
const pollMs = 10_000
const nothing = { bytes: 0, records: 0 } as const

export interface SqliteClientOptions {
  readonly directory: string
  readonly port: MessagePort
  readonly clock: Clock
}

/**
 * A log whose changes go to the writer's thread through a port, and whose reads use a connection of this thread.
 * Rejects with `log.failed` once the writer is gone.
 */
export function createSqliteClient({ directory, port, clock }: SqliteClientOptions): Log {
  const pending = createPending()
  const wakeups = createWakeups(clock)
  const seats = createSeatTable()
  /** By topic; the group whose reader follows it. */
  const followed = new Map<string, { readonly group: string; readonly queue: FreshQueue }>()
  const greeted = Promise.withResolvers<void>()
  let reads: SqliteReads | undefined
  let failure: KubewitnessError | undefined
  let isStopped = false

  const ended = (): boolean => {
    if (failure !== undefined && !isStopped) throw failure
    return isStopped
  }
  const store = (): SqliteReads => {
    if (ended() || reads === undefined) throw stoppedError()
    return reads
  }
  const onClose = (): void => {
    if (isStopped) return
    failure = new KubewitnessError('log.failed', 'using the store: its writer has ended', {
      next: 'restart the service; the messages before this one say why',
    })
    greeted.reject(failure)
    pending.rejectAll(failure)
    wakeups.end()
  }
  const receive = (message: WriterMessage): void => {
    switch (message.kind) {
      case 'hello':
        greeted.resolve()
        break
      case 'committed':
        for (const answer of message.answers) pending.settle(answer)
        for (const fresh of message.fresh) followed.get(fresh.topic)?.queue.add(fresh)
        for (const topic of message.grown) wakeups.wake(topic)
        break
      case 'rewound':
        seats.move(message.topic, message.group, message.cursor)
        wakeups.wake(message.topic)
        break
      default:
        message satisfies never
    }
  }
  const tell = (message: ClientMessage, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer)
  const change = async (what: Change): Promise<Cursor | undefined> => {
    store()
    const size = what.kind === 'write' ? sizeOfWrite(what) : nothing
    const value = await pending.request(size, (id) => {
      const { packed, transfer } = packChange(what)
      tell({ kind: 'change', id, change: packed }, transfer)
    })
    // Changes are answered with a cursor or nothing; only `sweep` is answered with losses.
    return value as Cursor | undefined
  }

  const hearAll = (): void => {
    for (let heard = receiveMessageOnPort(port); heard; heard = receiveMessageOnPort(port))
      receive(heard.message)
  }
  const fetchStored = (topic: string, fromOffset: number, limits: ReadLimits): Fetched => {
    const fetched = store().fetch(topic, fromOffset, limits)
    if (fetched.damaged > 0) tell({ kind: 'damaged', topic, records: fetched.damaged })
    return fetched
  }

  const side: ReadSide = {
    join: async (topic, group, startAt, limits) => {
      const cursor = await change({ kind: 'join', topic, group, startAt })
      if (limits.follows === true && !followed.has(topic)) {
        const queue = createFreshQueue()
        followed.set(topic, { group, queue })
        tell({ kind: 'follow', topic, group, room: queue.room })
      }
      return seats.take(topic, group, cursor)
    },
    leave: (topic, group, seat) => {
      if (seats.leave(topic, group, seat)) {
        if (followed.get(topic)?.group === group) followed.delete(topic)
        tell({ kind: 'leave', topic, group })
      }
      wakeups.wake(topic)
    },
    fetch: (topic, group, seat, limits) => {
      const fromStore = (limits: ReadLimits): Fetched => fetchStored(topic, seat.nextOffset, limits)
      const follower = followed.get(topic)
      if (follower?.group !== group) return fromStore(limits)
      // What has come is heard first, or the store would be asked for what is here.
      hearAll()
      return follower.queue.fetch(seat.nextOffset, limits, fromStore)
    },
    pause: (topic, maxMs = pollMs) => wakeups.pause(topic, maxMs),
    commit: async (topic, group, cursor, produced, changes) => {
      const progress = { topic, group, ...cursor, changes }
      await change({ kind: 'write', nowMs: clock.nowMs(), produced, progress })
    },
    ended,
  }

  return {
    name: 'log',
    start: async () => {
      port.on('message', receive)
      port.once('close', onClose)
      await greeted.promise
      reads = openReads(directory)
    },
    stop: async (deadline) => {
      if (isStopped) return
      isStopped = true
      wakeups.end()
      await untilAborted(pending.idle(), deadline).catch(() => undefined)
      pending.rejectAll(stoppedError())
      port.close()
      reads?.close()
    },
    partitions: () => 1,
    append: async (produced, signal) => {
      signal.throwIfAborted()
      await untilAborted(change({ kind: 'write', nowMs: clock.nowMs(), produced }), signal)
    },
    read: (topic, group, startAt, limits, signal) =>
      readGroup(side, topic, group, startAt, limits, signal),
    browse: async (topic, query) => store().browse(topic, query),
    find: async (topic, keys) => store().find(topic, keys),
    findByPrefix: async (topic, prefix, limit) => store().findByPrefix(topic, prefix, limit),
    readState: async (topic, group, prefix) =>
      store().readState(topic, group, prefix, () =>
        tell({ kind: 'damaged', topic: 'state', records: 1 }),
      ),
    replay: async (topic, group, fromMs) => {
      await change({ kind: 'replay', topic, group, fromMs })
    },
    status: async () => store().status(),
    sweep: async () => {
      store()
      const nowMs = clock.nowMs()
      const losses = await pending.request(nothing, (id) => tell({ kind: 'sweep', id, nowMs }))
      // `sweep` is answered with the losses by topic.
      return losses as Readonly<Record<string, number>>
    },
  }
}

function sizeOfWrite(write: Extract<Change, { kind: 'write' }>): {
  readonly bytes: number
  readonly records: number
} {
  const records = write.produced.reduce((sum, { records: own }) => sum + own.length, 0)
  return { bytes: countBytes(write), records }
}

/** The seats of this client's readers, so that a replay finds them. */
function createSeatTable(): {
  readonly take: (topic: string, group: string, cursor: Cursor | undefined) => Seat
  readonly move: (topic: string, group: string, cursor: Cursor) => void
  /** False when it was left before. */
  readonly leave: (topic: string, group: string, seat: Seat) => boolean
} {
  const seats = new Map<string, Seat>()
  const keyOf = (topic: string, group: string): string => JSON.stringify([topic, group])
  return {
    take: (topic, group, cursor) => {
      const seat: Seat = { nextOffset: 0, epoch: 0, ...cursor }
      seats.set(keyOf(topic, group), seat)
      return seat
    },
    move: (topic, group, cursor) => {
      Object.assign(seats.get(keyOf(topic, group)) ?? {}, cursor)
    },
    leave: (topic, group, seat) => {
      const key = keyOf(topic, group)
      return seats.get(key) === seat && seats.delete(key)
    },
  }
}
