import type { Clock, Labels, Log, MetricName } from '../contracts.ts'
import { type DetectionSession, openSession } from './detection-session.ts'
import { createPartitionGauges } from './partition-gauges.ts'
import { createPartitionSessions } from './partition-sessions.ts'
import type { CompiledRules } from './rule-set.ts'
import { detectGroup, eventsTopic } from './topics.ts'

export interface DetectionOptions {
  readonly log: Log
  readonly clock: Clock
  /** Asked once per delivery, so that a reload takes effect between two of them: others begin with the state saved before. */
  readonly rules: () => CompiledRules
  readonly count: (name: MetricName, value: number, labels?: Labels) => void
  readonly observe: (name: MetricName, value: number) => void
  readonly gauge: (name: MetricName, value: number, labels: Labels) => void
  /** What was saved is of no use to these rules; said once when they take over. */
  readonly onStateDropped: (part: string, records: number) => void
  /** These rules evaluate from here on, beginning with what was saved. */
  readonly onRulesInUse?: (rules: CompiledRules) => void
}

const limits = { maxRecords: 32, maxBytes: 4 << 20, idleAfterMs: 250, follows: true }

/**
 * Reads the topic `events` as the group `detect` and evaluates every event once. Each partition has a pipeline of its own.
 * What is remembered is saved with the cursor: after a crash the records behind it come again and give the same alerts,
 * which the log stores once by key. Resolves when the signal aborts and all is saved; rejects only when the log fails.
 */
export async function runDetection(options: DetectionOptions, signal: AbortSignal): Promise<void> {
  const { log, clock } = options
  const gauges = createPartitionGauges(options.gauge)
  let rulesInUse: CompiledRules | undefined
  const sessions = createPartitionSessions<DetectionSession>({
    clock,
    open: (place) => {
      const rules = options.rules()
      if (rules !== rulesInUse) options.onRulesInUse?.(rules)
      rulesInUse = rules
      return openSession({ ...options, gauge: gauges.of(place.partition) }, rules, place)
    },
    isCurrent: ({ rules }) => rules === options.rules(),
    onEnd: gauges.forget,
  })
  for await (const delivery of log.read(eventsTopic, detectGroup, 'earliest', limits, signal))
    await sessions.take(delivery)
  await sessions.save()
}
