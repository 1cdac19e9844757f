import type { Alert } from '../../contracts.ts'
import { cleanText } from '../clean-text.ts'
import { factsOf, reasonLines } from '../facts.ts'

/** An alert of Alertmanager's API v2 (`api/v2/openapi.yaml` in its sources: `postableAlert`). */
export interface PostableAlert {
  /** Its identity: whatever changes them makes another alert. */
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  /** In the future: it fires until then. In the past: it is resolved. */
  readonly endsAt: string
}

/** `ours` are labels of the configuration; ours of the alert win. Empty labels are none, as in Alertmanager. */
export function postableAlerts(
  alert: Alert,
  endsAtMs: number,
  ours: Readonly<Record<string, string>>,
): PostableAlert[] {
  const startsAtMs = Date.parse(alert.firstSeen)
  const message = (level: string, endMs: number): PostableAlert => ({
    labels: { ...ours, ...labelsOf(alert, level) },
    annotations: annotationsOf(alert),
    startsAt: new Date(startsAtMs).toISOString(),
    // One that ends before it starts is refused.
    endsAt: new Date(Math.max(startsAtMs, endMs)).toISOString(),
  })
  const { previousLevel } = alert
  const current = message(alert.rule.level, endsAtMs)
  if (previousLevel === undefined) return [current]
  // The level is part of what it is: the alert of the level before is over.
  return [message(previousLevel, Date.parse(alert.lastSeen)), current]
}

/** Nothing that changes from one revision to the next, but for the level. */
function labelsOf(alert: Alert, level: string): Record<string, string> {
  const labels = {
    alertname: alert.rule.name,
    severity: level,
    cluster: alert.cluster,
    namespace: alert.target.namespace ?? '',
    actor: alert.actor,
    alert_id: alert.id,
  }
  return Object.fromEntries(
    Object.entries(labels)
      .map(([name, value]) => [name, harmless(value, 250)] as const)
      .filter(([, value]) => value !== ''),
  )
}

function annotationsOf(alert: Alert): Record<string, string> {
  const facts = factsOf(alert).map(
    ([name, value]) => [name.toLowerCase().replaceAll(' ', '_'), harmless(value, 250)] as const,
  )
  return {
    title: harmless(alert.rule.title, 250),
    summary: harmless(alert.summary, 1000),
    description: reasonLines(alert, 20)
      .map((line) => harmless(line, 300))
      .join('\n'),
    ...Object.fromEntries(facts),
  }
}

/** Alertmanager hands texts to chats as they are, where angle brackets make mentions and disguise links. */
function harmless(text: string, maxLength: number): string {
  return cleanText(text, maxLength).replaceAll('<', '‹').replaceAll('>', '›')
}
