import type { Clock, Log, StateChange, StoredRecord, TopicStatus } from '../contracts.ts'
import { KubewitnessError } from '../errors.ts'

/** A clock that the copy sets to the time of what it appends, so that records keep theirs. */
export interface CopyClock extends Clock {
  set(nowMs: number): void
}

export function createCopyClock(real: Clock): CopyClock {
  let nowMs = 0
  return {
    nowMs: () => nowMs,
    sleep: real.sleep,
    set: (ms) => {
      nowMs = ms
    },
  }
}

export interface CopyOptions {
  /** Nobody else changes it meanwhile. */
  readonly from: Log
  /** Empty, or what an interrupted copy of the same log has left. */
  readonly to: Log
  /** The clock of `to`. */
  readonly clock: CopyClock
  /** `to` takes the time of an append when it is called: then many may be under way together. */
  readonly isPrompt: boolean
  /** Where the target has several partitions: the one of a record. By its key if undefined. */
  readonly partitionOf?: (record: StoredRecord) => number | undefined
  readonly signal: AbortSignal
  readonly onProgress: (topic: string, done: number, total: number) => void
}

/** What became of one topic. */
export interface TopicCopied {
  readonly topic: string
  readonly records: number
  /** Records that an interrupted copy had brought before. */
  readonly alreadyThere: number
  /** Groups whose cursor and state came along. */
  readonly groups: readonly string[]
  /** Groups that begin again with the first record: what they had saved is true of other partitions. */
  readonly begunAnew: readonly string[]
}

const pageRecords = 64

/**
 * Copies every topic with its records, their times, the cursors of its groups and the state that is saved with them. Offsets
 * are those of the target; a cursor stands in front of the same record. Between topics of several partitions no cursor can be
 * copied, nor state, which is true of one: those groups read from the beginning. May be begun again after an interruption, and goes
 * on behind what is there. Rejects with `log.mismatch` when the target holds anything else.
 */
export async function copyLog(options: CopyOptions): Promise<readonly TopicCopied[]> {
  const [sources, targets] = [await options.from.status(), await options.to.status()]
  const empty = { records: 0, firstOffset: 0, nextOffset: 0, cursors: {} }
  const plans = []
  // All of them are looked at before anything is written.
  for (const source of sources) {
    const target = targets.find(({ topic }) => topic === source.topic) ?? { ...source, ...empty }
    plans.push({ source, target, start: await startOf(source, target, options) })
  }
  const copied: TopicCopied[] = []
  for (const { source, target, start } of plans)
    copied.push(await copyTopic(source, target, start, options))
  return copied
}

/** The offset in the source that comes next, behind what the target has. */
async function startOf(
  source: TopicStatus,
  target: TopicStatus,
  { from, to }: CopyOptions,
): Promise<number> {
  const { topic } = source
  // In several partitions the newest record is not the last one copied; there a key that is there already is not stored again.
  const isEmpty = target.nextOffset === target.firstOffset
  if (isEmpty || to.partitions(topic) > 1) return source.firstOffset
  const [last] = await to.browse(topic, { order: 'newest', limit: 1 })
  // Records may be alike: the last one is known by its number among those of its time.
  const number = last === undefined ? 0 : (await recordsAt(to, last)).length
  const same = last && (await recordsAt(from, last))[number - 1]
  if (same?.key === last?.key && same && last && Buffer.compare(same.value, last.value) === 0)
    return same.position.offset + 1
  throw new KubewitnessError(
    'log.mismatch',
    `copying the topic ${topic}: the target holds records that the source has not`,
    { next: 'copy into an empty store, or go on with the source that the copy was begun with' },
  )
}

/** All that were appended in the same millisecond. */
async function recordsAt(
  log: Log,
  { appendedAtMs, position: { topic } }: StoredRecord,
): Promise<readonly StoredRecord[]> {
  const records: StoredRecord[] = []
  for (;;) {
    const after = records.at(-1)?.position.offset
    const page = await log.browse(topic, {
      order: 'oldest',
      limit: pageRecords,
      fromMs: appendedAtMs,
      toMs: appendedAtMs + 1,
      ...(after === undefined ? {} : { after }),
    })
    if (page.length === 0) return records
    records.push(...page)
  }
}

async function copyTopic(
  source: TopicStatus,
  target: TopicStatus,
  start: number,
  options: CopyOptions,
): Promise<TopicCopied> {
  const { from, to, signal, onProgress } = options
  const { topic } = source
  const groups = Object.keys(source.cursors)
  const isAlike = from.partitions(topic) === 1 && to.partitions(topic) === 1
  const cursors = isAlike ? Object.entries(source.cursors).toSorted(([, a], [, b]) => a - b) : []
  // Those that an earlier run has brought stand before the end of the target; state and cursor of the others are still to come.
  const waiting = cursors.filter(
    ([group]) => (target.cursors[group] ?? Number.POSITIVE_INFINITY) >= target.nextOffset,
  )
  let records = 0
  for (let after = start - 1; ; ) {
    signal.throwIfAborted()
    const page = await from.browse(topic, { order: 'oldest', limit: pageRecords, after })
    const last = page.at(-1)
    const end = last === undefined ? Number.POSITIVE_INFINITY : last.position.offset + 1
    let rest = page
    while (waiting[0] !== undefined && waiting[0][1] < end) {
      const [group, cursor] = waiting.shift()!
      const before = rest.filter(({ position }) => position.offset < cursor)
      await appendAll(before, options)
      rest = rest.slice(before.length)
      await bringGroup(topic, group, options)
    }
    await appendAll(rest, options)
    if (last === undefined) break
    records += page.length
    after = last.position.offset
    onProgress(topic, target.records + records, source.records)
  }
  const alreadyThere = target.records
  return {
    topic,
    records,
    alreadyThere,
    groups: cursors.map(([group]) => group),
    begunAnew: isAlike ? [] : groups,
  }
}

/** Each at its own time, in their order; those that wait together are written together. */
async function appendAll(records: readonly StoredRecord[], options: CopyOptions): Promise<void> {
  const { to, clock, isPrompt, partitionOf, signal } = options
  const append = (record: StoredRecord): Promise<void> => {
    const { key, value, appendedAtMs, position } = record
    const { topic } = position
    const partition = to.partitions(topic) === 1 ? undefined : partitionOf?.(record)
    clock.set(appendedAtMs)
    const copied = { key, value, ...(partition !== undefined && { partition }) }
    return to.append([{ topic, records: [copied] }], signal)
  }
  if (!isPrompt) {
    for (const record of records) await append(record)
    return
  }
  // No append outlives the copy, whichever of them fails.
  for (const result of await Promise.allSettled(records.map(append)))
    if (result.status === 'rejected') throw result.reason
}

/** The group stands at the end of the target, with its state. */
async function bringGroup(
  topic: string,
  group: string,
  { from, to, signal }: CopyOptions,
): Promise<void> {
  const changes: StateChange[] = [...(await from.readState(topic, group, ''))]
  const limits = { maxRecords: 1, maxBytes: 1, idleAfterMs: 1 }
  for await (const delivery of to.read(topic, group, 'latest', limits, signal)) {
    await delivery.commit([], changes)
    return
  }
  signal.throwIfAborted()
}
