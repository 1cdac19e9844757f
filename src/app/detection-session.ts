import type { Delivery, EventBatch, Produce, StateChange, StoredRecord } from '../contracts.ts'
import { ruleName } from '../detect/alert.ts'
import type { Pipeline, PipelineCounts } from '../detect/pipeline.ts'
import { release } from '../util/release.ts'
import type { DetectionOptions } from './detection.ts'
import type { PartitionSession } from './partition-sessions.ts'
import { createProduced, type Produced } from './produced.ts'
import { undecodableItem, unreadableBatch } from './rejects.ts'
import type { CompiledRules } from './rule-set.ts'
import { openBatch } from './stored-batch.ts'
import { detectGroup, eventsTopic } from './topics.ts'

/** A pipeline at work on one partition. */
export interface DetectionSession extends PartitionSession {
  readonly rules: CompiledRules
}

/** Of evaluation that a crash may undo, and of writing the same state again and again. */
const saveEveryMs = 1000
/**
 * Saving takes a tenth of the time at most: writing hundreds of thousands of keys keeps receivers waiting meanwhile. Then a
 * crash undoes up to a minute.
 */
const pausePerSave = 9
const saveAtLeastEveryMs = 60_000
/** While nothing comes, only the time that has passed is new. */
const saveIdleEveryMs = 60_000

/**
 * What was found is appended at once, the state is saved with the cursor only now and then: after a crash the records
 * since then come again and give the same once more, which the log stores once by its keys.
 */
export async function openSession(
  options: DetectionOptions,
  rules: CompiledRules,
  { partition, epoch }: Pick<Delivery, 'partition' | 'epoch'>,
): Promise<DetectionSession> {
  const { log, clock, count, observe } = options
  const pipeline = rules.openPipeline({
    onLeftOut: (what, rule) => count(`kubewitness_episodes_${what}_total`, 1, { rule }),
  })
  const state = await restoreState(pipeline, options, partition)
  reportCounts(pipeline, options)
  /** The last delivery behind which the cursor has not moved yet. */
  let unsaved: Delivery | undefined
  /** Time has passed that no saved state knows of. */
  let hasPassed = false
  let savedMs = clock.nowMs()
  let pauseMs = saveEveryMs

  const commit = async (delivery: Delivery, produced: readonly Produce[]): Promise<void> => {
    unsaved = undefined
    hasPassed = false
    reportCounts(pipeline, options)
    const startedMs = clock.nowMs()
    await delivery.commit(produced, state.takeChanges())
    savedMs = clock.nowMs()
    const wantedMs = Math.max(saveEveryMs, pausePerSave * (savedMs - startedMs))
    pauseMs = Math.min(wantedMs, saveAtLeastEveryMs)
  }

  /**
   * What time brings when nothing comes cannot be found again from the records: it is stored in one step with its state, and so
   * is what comes next, which may be late by it.
   */
  const pass = async (idle: Delivery): Promise<void> => {
    const produced = createProduced(options)
    produced.add(pipeline.pass(clock.nowMs()))
    hasPassed = true
    const isDue = clock.nowMs() - savedMs >= saveIdleEveryMs
    if (unsaved !== undefined || !produced.isEmpty || isDue) await commit(idle, produced.take())
  }

  return {
    rules,
    epoch,
    take: async (delivery) => {
      const { records } = delivery
      if (records.length === 0) return pass(delivery)
      const produced = createProduced(options)
      for (const record of records) evaluate(record, pipeline, produced, options)
      if (hasPassed || clock.nowMs() - savedMs >= pauseMs) await commit(delivery, produced.take())
      else {
        unsaved = delivery
        if (!produced.isEmpty) await log.append(produced.take(), new AbortController().signal)
      }
      const nowMs = clock.nowMs()
      for (const { appendedAtMs } of records)
        observe('kubewitness_alert_latency_seconds', (nowMs - appendedAtMs) / 1000)
    },
    save: async () => {
      if (unsaved !== undefined) await commit(unsaved, [])
    },
  }
}

/** What the parts of a pipeline remember. */
interface SavedState {
  takeChanges(): readonly StateChange[]
}

/** Gives every part what it had saved. What it cannot use goes with the first commit. */
async function restoreState(
  { parts }: Pipeline,
  { log, count, onStateDropped }: DetectionOptions,
  partition: number,
): Promise<SavedState> {
  let unusable: StateChange[] = []
  for (const [prefix, part] of Object.entries(parts)) {
    part.restore(await log.readState(eventsTopic, detectGroup, prefix, partition))
    const dropped = part.takeChanges()
    unusable.push(...dropped)
    const records = dropped.filter(({ value }) => value === undefined).length
    if (records === 0) continue
    count('kubewitness_state_dropped_records_total', records, { part: nameOf(prefix) })
    onStateDropped(nameOf(prefix), records)
  }
  return {
    takeChanges: () => {
      const all = [...unusable]
      unusable = []
      for (const [prefix, part] of Object.entries(parts)) {
        const changes = part.takeChanges()
        if (changes.length === 0) continue
        const bytes = changes.reduce((sum, { value }) => sum + (value?.byteLength ?? 0), 0)
        count('kubewitness_state_saved_records_total', changes.length, { part: nameOf(prefix) })
        count('kubewitness_state_saved_bytes_total', bytes, { part: nameOf(prefix) })
        for (const change of changes) all.push(change)
      }
      return all
    },
  }
}

function nameOf(prefix: string): string {
  return prefix.slice(0, -1)
}

function reportCounts(pipeline: Pipeline, options: DetectionOptions): void {
  const { correlations, baselines, credentialsForgotten } = pipeline.takeCounts()
  reportCorrelations(correlations, options)
  for (const { rule: of, keys, bytes, evictedKeys, evictedValues } of baselines) {
    const rule = ruleName(of)
    for (const [what, number] of Object.entries({ keys: evictedKeys, values: evictedValues }))
      if (number > 0) options.count('kubewitness_baseline_evicted_total', number, { rule, what })
    options.gauge('kubewitness_baseline_keys', keys, { rule })
    options.gauge('kubewitness_baseline_bytes', bytes, { rule })
  }
  if (credentialsForgotten > 0)
    options.count('kubewitness_credentials_forgotten_total', credentialsForgotten)
}

function reportCorrelations(
  all: PipelineCounts['correlations'],
  { count, gauge }: DetectionOptions,
): void {
  for (const { rule: of, groups, bytes, ...counts } of all) {
    const rule = ruleName(of)
    for (const outcome of ['observed', 'late', 'incomplete'] as const)
      if (counts[outcome] > 0)
        count('kubewitness_correlation_observations_total', counts[outcome], { rule, outcome })
    const evicted = { groups: counts.evicted, entries: counts.cut }
    for (const [what, number] of Object.entries(evicted))
      if (number > 0) count('kubewitness_correlation_evicted_total', number, { rule, what })
    gauge('kubewitness_correlation_groups', groups, { rule })
    gauge('kubewitness_correlation_bytes', bytes, { rule })
  }
}

function evaluate(
  record: StoredRecord,
  pipeline: Pipeline,
  produced: Produced,
  { count }: DetectionOptions,
): void {
  let batch: EventBatch
  try {
    batch = openBatch(record)
  } catch (error) {
    // Whoever stopped here would come to the same record again, for ever.
    count('kubewitness_events_dropped_total', 1, { reason: 'unreadable_detect' })
    produced.reject([unreadableBatch(record, error)])
    return
  }
  const findings = pipeline.process(batch, produced.matched)
  count('kubewitness_events_evaluated_total', batch.index.count)
  count('kubewitness_events_decoded_total', findings.decoded)
  produced.add(findings)
  produced.reject(
    findings.undecodable.map(({ item, error }) => undecodableItem(batch, item, error)),
  )
  release(batch.bytes)
}
