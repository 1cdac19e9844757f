import type {
  Alert,
  Clock,
  Delivery,
  Log,
  LogRecord,
  MetricName,
  RejectedItem,
  StoredRecord,
} from '../contracts.ts'
import { toAlert } from '../detect/alert.ts'
import type { RuleSet } from '../detect/match.ts'
import { release } from '../util/release.ts'
import { rejectedRecords, undecodableItem } from './rejects.ts'
import { openBatch } from './stored-batch.ts'
import { alertsTopic, detectGroup, eventsTopic, rejectedTopic } from './topics.ts'

export interface DetectionOptions {
  readonly log: Log
  readonly clock: Clock
  /** Asked once per delivery, so that a reload takes effect between two of them. */
  readonly ruleSet: () => RuleSet
  readonly count: (
    name: MetricName,
    value: number,
    labels?: Readonly<Record<string, string>>,
  ) => void
  readonly observe: (name: MetricName, value: number) => void
}

/**
 * Reads the topic `events` as the group `detect`, evaluates every event once, and commits the alerts together with
 * the cursor: after a crash the same records come again and give the same alerts, which the log stores once by key.
 * Resolves when the signal aborts; rejects only when the log fails.
 */
export async function runDetection(options: DetectionOptions, signal: AbortSignal): Promise<void> {
  const limits = { maxRecords: 32, maxBytes: 4 << 20 }
  for await (const delivery of options.log.read(
    eventsTopic,
    detectGroup,
    'earliest',
    limits,
    signal,
  )) {
    await evaluate(delivery, options)
  }
}

async function evaluate(delivery: Delivery, options: DetectionOptions): Promise<void> {
  const ruleSet = options.ruleSet()
  const alerts = new Map<string, Alert>()
  const rejected: RejectedItem[] = []
  for (const record of delivery.records) evaluateRecord(record, ruleSet, alerts, rejected, options)
  await delivery.commit([
    ...(alerts.size === 0
      ? []
      : [{ topic: alertsTopic, records: [...alerts.values()].map(alertRecord) }]),
    ...(rejected.length === 0
      ? []
      : [{ topic: rejectedTopic, records: rejectedRecords(rejected) }]),
  ])
  const nowMs = options.clock.nowMs()
  for (const record of delivery.records)
    options.observe('kubewitness_alert_latency_seconds', (nowMs - record.appendedAtMs) / 1000)
}

function evaluateRecord(
  record: StoredRecord,
  ruleSet: RuleSet,
  alerts: Map<string, Alert>,
  rejected: RejectedItem[],
  { count }: DetectionOptions,
): void {
  const batch = openBatch(record)
  const result = ruleSet.matchBatch(batch)
  count('kubewitness_events_evaluated_total', batch.index.count)
  count('kubewitness_events_decoded_total', result.decoded)
  for (const { item, error } of result.undecodable) {
    rejected.push(undecodableItem(batch, item, error))
    count('kubewitness_events_rejected_total', 1, {
      cluster: batch.cluster,
      reason: 'invalid_json',
    })
  }
  for (const match of result.matches) {
    const alert = toAlert(match)
    count('kubewitness_matches_total', 1, { rule: alert.rule.name })
    if (alerts.has(alert.id)) continue
    alerts.set(alert.id, alert)
    count('kubewitness_alerts_total', 1, { rule: alert.rule.name, level: alert.rule.level })
  }
  release(batch.bytes)
}

/** An alert as it is stored: one record a revision, once. */
export function alertRecord(alert: Alert): LogRecord {
  return { key: `${alert.id}:${alert.revision}`, value: Buffer.from(JSON.stringify(alert)) }
}
