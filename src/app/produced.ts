import type { Alert, LogRecord, Produce, RejectedItem, Rule } from '../contracts.ts'
import { ruleName } from '../detect/alert.ts'
import type { Findings } from '../detect/pipeline.ts'
import type { DetectionOptions } from './detection.ts'
import { rejectedRecords } from './rejects.ts'
import { alertsTopic, rejectedTopic } from './topics.ts'

interface Matched {
  readonly rule: Rule
}

/** What evaluation has to store, and its metrics. */
export interface Produced {
  readonly isEmpty: boolean
  add(findings: Findings): void
  /** Only counts them, with the findings that are added next. */
  matched(matches: readonly Matched[]): void
  reject(items: readonly RejectedItem[]): void
  take(): readonly Produce[]
}

export function createProduced({ count }: Pick<DetectionOptions, 'count'>): Produced {
  const alerts = new Map<string, LogRecord>()
  const rejected: RejectedItem[] = []
  const addAlert = (alert: Alert): void => {
    const record = alertRecord(alert)
    if (alerts.has(record.key)) return
    alerts.set(record.key, record)
    const { name, level } = alert.rule
    if (alert.revision === 1) count('kubewitness_alerts_total', 1, { rule: name, level })
  }
  /** Since findings were added last. */
  const matchesByRule = new Map<Rule, number>()
  const matched = (matches: readonly Matched[]): void => {
    for (const { rule } of matches) matchesByRule.set(rule, (matchesByRule.get(rule) ?? 0) + 1)
  }
  return {
    get isEmpty() {
      return alerts.size === 0 && rejected.length === 0
    },
    matched,
    add: ({ correlations, alerts }) => {
      matched(correlations)
      for (const [rule, matches] of matchesByRule)
        count('kubewitness_matches_total', matches, { rule: ruleName(rule) })
      matchesByRule.clear()
      for (const alert of alerts) addAlert(alert)
    },
    reject: (items) => {
      for (const item of items) {
        rejected.push(item)
        const { cluster, reason } = item
        count('kubewitness_events_rejected_total', 1, { cluster, reason })
      }
    },
    take: () => [
      ...(alerts.size === 0 ? [] : [{ topic: alertsTopic, records: [...alerts.values()] }]),
      ...(rejected.length === 0
        ? []
        : [{ topic: rejectedTopic, records: rejectedRecords(rejected) }]),
    ],
  }
}

/** An alert as it is stored: one record a revision, once. */
export function alertRecord(alert: Alert): LogRecord {
  return { key: `${alert.id}:${alert.revision}`, value: Buffer.from(JSON.stringify(alert)) }
}
