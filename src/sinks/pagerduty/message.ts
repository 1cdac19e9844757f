import type { Alert, Level } from '../../contracts.ts'
import { cleanText } from '../clean-text.ts'
import { factsOf, reasonLines, targetText } from '../facts.ts'

/** An event of PagerDuty's Events API v2 (`reference/events-v2` of its API schema), without its key. */
export type PagerDutyEvent = { readonly dedup_key: string } & (
  | { readonly event_action: 'resolve' }
  | {
      readonly event_action: 'trigger'
      readonly client: 'Kubewitness'
      readonly payload: {
        readonly summary: string
        readonly source: string
        readonly severity: 'critical' | 'error' | 'warning' | 'info'
        readonly timestamp: string
        readonly component: string
        readonly group: string
        readonly class: string
        readonly custom_details: Readonly<Record<string, string>>
      }
    }
)

const severityOf: Readonly<Record<Level, 'critical' | 'error' | 'warning' | 'info'>> = {
  critical: 'critical',
  high: 'error',
  medium: 'warning',
  low: 'info',
  informational: 'info',
}

/** Texts are cut so that no event comes near the 512 kB that PagerDuty takes; its summary holds 1,024 characters. */
export function pagerDutyEvent(alert: Alert): PagerDutyEvent {
  if (alert.status === 'closed') return { event_action: 'resolve', dedup_key: alert.id }
  const { rule, target } = alert
  return {
    event_action: 'trigger',
    dedup_key: alert.id,
    client: 'Kubewitness',
    payload: {
      summary: cleanText(`${rule.title}: ${alert.summary}`, 1024),
      source: cleanText(alert.cluster, 250) || 'unknown',
      severity: severityOf[rule.level],
      timestamp: alert.firstSeen,
      component: cleanText(targetText(target), 250),
      group: cleanText(target.namespace ?? '', 250),
      class: cleanText(rule.name, 250),
      custom_details: {
        ...Object.fromEntries(factsOf(alert)),
        Level: rule.level,
        Why: reasonLines(alert, 20).join('\n'),
      },
    },
  }
}
