import type { Delivery, Produce, StoredRecord } from '../contracts.ts'
import type { Pipeline } from '../detect/pipeline.ts'
import { release } from '../util/release.ts'
import type { DetectionOptions } from './detection.ts'
import { createProduced, type Produced } from './produced.ts'
import { undecodableItem } from './rejects.ts'
import type { CompiledRules } from './rule-set.ts'
import { openBatch } from './stored-batch.ts'
import { detectGroup, eventsTopic } from './topics.ts'

/** A pipeline at work, from the position that its state is true of. */
export interface DetectionSession {
  readonly rules: CompiledRules
  readonly epoch: number
  /** Evaluates what came and stores what it gives. */
  take(delivery: Delivery): Promise<void>
  /** Saves the state and moves the cursor behind all that was taken. */
  save(): Promise<void>
}

/** Of evaluation that a crash may undo, and of writing the same state again and again. */
const saveEveryMs = 1000
/** While nothing comes, only the time that has passed is new. */
const saveIdleEveryMs = 60_000

/**
 * What was found is appended at once, the state is saved with the cursor only now and then: after a crash the records
 * since then come again and give the same once more, which the log stores once by its keys.
 */
export async function openSession(
  options: DetectionOptions,
  rules: CompiledRules,
  epoch: number,
): Promise<DetectionSession> {
  const { log, clock, count, observe } = options
  const pipeline = rules.openPipeline({
    onLeftOut: (what, rule) => count(`kubewitness_episodes_${what}_total`, 1, { rule }),
  })
  for (const [prefix, part] of Object.entries(pipeline.parts))
    part.restore(await log.readState(eventsTopic, detectGroup, prefix))
  /** The last delivery behind which the cursor has not moved yet. */
  let unsaved: Delivery | undefined
  let savedMs = clock.nowMs()

  const commit = (delivery: Delivery, produced: readonly Produce[]): Promise<void> => {
    unsaved = undefined
    savedMs = clock.nowMs()
    const changes = Object.values(pipeline.parts).flatMap((part) => part.takeChanges())
    return delivery.commit(produced, changes)
  }

  /** What time brings when nothing comes cannot be found again from the records: it is stored in one step with its state. */
  const pass = async (idle: Delivery): Promise<void> => {
    const produced = createProduced(options)
    produced.add(pipeline.pass(clock.nowMs()))
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
      if (clock.nowMs() - savedMs >= saveEveryMs) await commit(delivery, produced.take())
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

function evaluate(
  record: StoredRecord,
  pipeline: Pipeline,
  produced: Produced,
  { count }: DetectionOptions,
): void {
  const batch = openBatch(record)
  const findings = pipeline.process(batch)
  count('kubewitness_events_evaluated_total', batch.index.count)
  count('kubewitness_events_decoded_total', findings.decoded)
  produced.add(findings)
  produced.reject(
    findings.undecodable.map(({ item, error }) => undecodableItem(batch, item, error)),
  )
  release(batch.bytes)
}
