import { decodeItem, toAuditEvent } from '../audit/event.ts'
import { createBodySplitter } from '../audit/split.ts'
import type { Clock, Delivery, EventBatch, Log, StoredRecord } from '../contracts.ts'
import { messageOf } from '../errors.ts'
import type { Observation } from '../rbac/observe/observation.ts'
import { release } from '../util/release.ts'
import { type Observed, together } from './observed.ts'
import { ObservedState } from './observed-state.ts'
import { createPartitionSessions, type PartitionSession } from './partition-sessions.ts'
import { openBatch } from './stored-batch.ts'
import { eventsTopic, observeGroup } from './topics.ts'

export interface ObservingOptions {
  readonly log: Log
  readonly clock: Clock
  /** What is known from now on: at the beginning, and again when a partition changes hands or is replayed. */
  readonly onObserved: (observed: Observed) => void
  /** What was saved is of another version or damaged, and is begun anew from the cursor on. */
  readonly onStateDropped: (records: number) => void
  /** A stored batch cannot be opened: nothing is learnt of it. */
  readonly onUnreadable: (reason: string) => void
}

const limits = { maxRecords: 32, maxBytes: 4 << 20, idleAfterMs: 500 }

const saveEveryMs = 5000
/** Saving takes a twentieth of the time at most. */
const pausePerSave = 19
const saveAtLeastEveryMs = 60_000

/**
 * Reads the topic `events` as the group `observe` and learns from every event once: what is known is saved in the step that
 * moves the cursor. Resolves when the signal aborts and all is saved; rejects only when the log fails.
 */
export async function runObserving(options: ObservingOptions, signal: AbortSignal): Promise<void> {
  const { log, clock, onObserved } = options
  const observations = new Map<number, Observation>()
  const show = (): void => onObserved(together([...observations.values()]))
  const sessions = createPartitionSessions({
    clock,
    open: async (place) => {
      const { observation, session } = await openSession(options, place)
      observations.set(place.partition, observation)
      show()
      return session
    },
    onEnd: (partition) => {
      observations.delete(partition)
      show()
    },
  })
  for await (const delivery of log.read(eventsTopic, observeGroup, 'earliest', limits, signal))
    await sessions.take(delivery)
  await sessions.save()
}

async function openSession(
  { log, clock, onStateDropped, onUnreadable }: ObservingOptions,
  { partition, epoch }: Pick<Delivery, 'partition' | 'epoch'>,
): Promise<{ readonly observation: Observation; readonly session: PartitionSession }> {
  const state = new ObservedState()
  state.restore(await log.readState(eventsTopic, observeGroup, '', partition))
  if (state.unusable > 0) onStateDropped(state.unusable)
  const learn = createLearning(state.observation, onUnreadable)
  /** The last delivery behind which the cursor has not moved yet. */
  let unsaved: Delivery | undefined
  let savedMs = clock.nowMs()
  let pauseMs = saveEveryMs

  const save = async (): Promise<void> => {
    const delivery = unsaved
    if (delivery === undefined) return
    unsaved = undefined
    const startedMs = clock.nowMs()
    await delivery.commit([], state.takeChanges())
    savedMs = clock.nowMs()
    const wantedMs = Math.max(saveEveryMs, pausePerSave * (savedMs - startedMs))
    pauseMs = Math.min(wantedMs, saveAtLeastEveryMs)
  }

  const session: PartitionSession = {
    epoch,
    save,
    take: async (delivery) => {
      for (const record of delivery.records) learn(record)
      if (delivery.records.length > 0) unsaved = delivery
      if (clock.nowMs() - savedMs >= pauseMs) await save()
    },
  }
  return { observation: state.observation, session }
}

function createLearning(
  observation: Observation,
  onUnreadable: ObservingOptions['onUnreadable'],
): (record: StoredRecord) => void {
  const split = createBodySplitter({ notesPlaces: true })
  return (record) => {
    let batch: EventBatch
    try {
      batch = openBatch(record)
    } catch (error) {
      onUnreadable(messageOf(error))
      return
    }
    const { cluster, bytes, index } = batch
    // Split again, it is known where values stand: a request that came before is not decoded.
    const { items } = split(bytes)
    if (items.count === index.count) observation.addItems(cluster, bytes, items)
    else
      for (let item = 0; item < index.count; item++)
        observation.add(toAuditEvent(decodeItem(batch, item), batch))
    release(bytes)
  }
}
