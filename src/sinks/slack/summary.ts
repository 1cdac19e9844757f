import type { Alert, Level } from '../../contracts.ts'
import { bySeverity, severities } from '../severity.ts'
import { box, fields, header, paragraph, type SlackMessage, slackMessage } from './blocks.ts'

const levels: readonly Level[] = ['critical', 'high', 'medium', 'low', 'informational']

/** Many alerts as one message: how many of which level and rule, by whom, from when to when, the worst of them by line. */
export function summaryMessage(alerts: readonly Alert[]): SlackMessage {
  const sorted = alerts.toSorted(bySeverity)
  const worst = sorted[0]?.rule.level ?? 'informational'
  const byLevel = countBy(alerts, (alert) => alert.rule.level)
  const levelCounts = levels
    .filter((level) => byLevel.has(level))
    .map((level) => `${byLevel.get(level)} ${level}`)
    .join(', ')
  const headline = `${severities[worst].mark} ${alerts.length} alerts: ${levelCounts}`
  const times = alerts.map((alert) => alert.firstSeen).toSorted()
  const lastTimes = alerts.map((alert) => alert.lastSeen).toSorted()
  return slackMessage(headline, [
    header(headline),
    fields([
      ['First seen', times[0] ?? ''],
      ['Last seen', lastTimes.at(-1) ?? ''],
      ['Clusters', [...countBy(alerts, (alert) => alert.cluster).keys()].join(', ')],
    ]),
    paragraph('By rule'),
    box(topLines(countBy(sorted, (alert) => `${alert.rule.level} · ${alert.rule.title}`))),
    paragraph('By actor'),
    box(topLines(countBy(alerts, (alert) => alert.actor || '(not authenticated)'))),
    paragraph('Most severe'),
    box(sorted.slice(0, 10).map((alert) => `${alert.rule.level}: ${alert.summary}`)),
  ])
}

function countBy(alerts: readonly Alert[], keyOf: (alert: Alert) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const alert of alerts) {
    const key = keyOf(alert)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

/** The ten most frequent, one a line; where counts are equal, in the order of the map. */
function topLines(counts: ReadonlyMap<string, number>): string[] {
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
  const lines = sorted.slice(0, 10).map(([key, count]) => `${count} × ${key}`)
  return sorted.length > 10 ? [...lines, `and ${sorted.length - 10} more`] : lines
}
