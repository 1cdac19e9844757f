import type { Component } from './service.ts'
import type { StateChange, StateRecord } from './state.ts'

/** A place in a log: the unit of progress and of replay. Offsets grow within a topic and are never reused. */
export interface Position {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface LogRecord {
  /** In a topic with `uniqueKeys`, a record whose key is already there is not stored again; appending it is no error. */
  readonly key: string
  readonly value: Uint8Array
  /** In a topic of several partitions the one that it goes to; by its key if absent. A key always goes to the same. */
  readonly partition?: number
  /**
   * What the value unpacks to, for a reader that follows (`ReadLimits.follows`): it need not unpack it again. Never stored,
   * and no promise: a log may drop it. With it goes its memory: after an append it is empty, and a reader owns it.
   */
  readonly opened?: Uint8Array<ArrayBuffer>
}

export interface StoredRecord extends LogRecord {
  readonly position: Position
  readonly appendedAtMs: number
}

/** Records for one topic, as part of an atomic step. */
export interface Produce {
  readonly topic: string
  readonly records: readonly LogRecord[]
}

export interface Delivery {
  /** Empty when nothing came for as long as `ReadLimits.idleAfterMs` says. */
  readonly records: readonly StoredRecord[]
  /** The one partition that they are of. Each has a cursor and a state of its own; what follows is of this partition. */
  readonly partition: number
  /**
   * Another number than before: the group was set back by `replay`, and what it had saved is gone; or the partition was
   * another reader's meanwhile. Either way what was made of the deliveries before is to be given up for what is saved.
   */
  readonly epoch: number
  /**
   * Moves the group's cursor behind these records, appends `produced` and saves `changes` over the group's state, in
   * one atomic, durable step. Where it appends nothing, it outlives the process at once, and a power cut with the next
   * append: before that, one sets the group back a little. It covers the deliveries before, which need no commit of their own;
   * may be repeated, with further changes. After a replay came between, neither the cursor nor the state of the group is
   * touched any more; after another process has taken the partition over, nothing is.
   * Changes with a delivery before one that is committed already are refused with `log.failed`.
   */
  commit(produced?: readonly Produce[], changes?: readonly StateChange[]): Promise<void>
}

/** How much one delivery holds; one record whatever its size. */
export interface ReadLimits {
  readonly maxRecords: number
  readonly maxBytes: number
  /** Gives an empty delivery each time that nothing came for so long: for what a reader does by the clock. Absent: never. */
  readonly idleAfterMs?: number
  /** While it keeps up with the end of the topic, the reader wants records `opened`, if they were appended so. One a topic. */
  readonly follows?: boolean
}

/** Where a group without a cursor begins (a time = the first record appended at or after it); `committed` = earliest if none. */
export type StartAt = 'committed' | 'earliest' | 'latest' | { readonly fromMs: number }

export interface BrowseQuery {
  readonly order: 'oldest' | 'newest'
  /** Exclusive bound: only records behind it in the given order. */
  readonly after?: number
  readonly limit: number
  readonly fromMs?: number
  readonly toMs?: number
}

export interface TopicStatus {
  readonly topic: string
  readonly records: number
  readonly bytes: number
  readonly firstOffset: number
  readonly nextOffset: number
  readonly oldestAppendedAtMs: number
  /** Cursor by group: the offset that comes next. */
  readonly cursors: Readonly<Record<string, number>>
}

export interface TopicOptions {
  readonly uniqueKeys: boolean
  readonly maxAgeMs: number
  readonly maxBytes: number
  /** Retention never takes what these groups have not read: instead `append` refuses with `log.full`. */
  readonly protectedGroups: readonly string[]
  /** Whose unread records count as lost when retention takes them: a group that is no longer in use loses nothing. Absent: every group's. */
  readonly readers?: readonly string[]
}

/** Durable transport: memory, SQLite, Kafka; one contract suite. */
export interface Log extends Component {
  /** How many partitions a topic has: parts that are read apart, by one process or by several. */
  partitions(topic: string): number
  /** Resolves once durable; all or nothing. Rejects with `log.full` (retryable) when there is no room. */
  append(produced: readonly Produce[], signal: AbortSignal): Promise<void>
  /** Waits for records at the end. Ends when the signal aborts. An uncommitted delivery comes again to whoever reads next in the group. */
  read(
    topic: string,
    group: string,
    startAt: StartAt,
    limits: ReadLimits,
    signal: AbortSignal,
  ): AsyncIterable<Delivery>
  /**
   * The state that a group's commits have saved (of partition 0 if none is given): the records whose keys begin with
   * `prefix`, by key. Iterated once, and
   * before the group commits again.
   */
  readState(
    topic: string,
    group: string,
    prefix: string,
    partition?: number,
  ): Promise<Iterable<StateRecord>>
  /** A look at what is stored, without a cursor. */
  browse(topic: string, query: BrowseQuery): Promise<readonly StoredRecord[]>
  /** Of a topic with `uniqueKeys`: the records that have these keys, oldest first. Those that are not there are left out. */
  find(topic: string, keys: readonly string[]): Promise<readonly StoredRecord[]>
  /** Of a topic with `uniqueKeys`: the newest records whose keys begin so, oldest of them first, at most `limit`. */
  findByPrefix(topic: string, prefix: string, limit: number): Promise<readonly StoredRecord[]>
  /**
   * Sets a group's cursor to the first record appended at or after the time, so that it reads again from there. Its
   * state, which is true of another position, goes in the same step: it begins with none.
   */
  replay(topic: string, group: string, fromMs: number): Promise<void>
  status(): Promise<readonly TopicStatus[]>
  /** Applies retention by age and bytes; returns how many records each topic lost unread by a group. */
  sweep(): Promise<Readonly<Record<string, number>>>
}
