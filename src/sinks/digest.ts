import type { Alert, Level } from '../contracts.ts'
import { levels } from '../sigma/levels.ts'
import { cleanText } from './clean-text.ts'
import { bySeverity } from './severity.ts'

/** Many alerts told as one. All texts are one clean line each. */
export interface Digest {
  /** `7 alerts: 1 critical, 6 medium`. */
  readonly headline: string
  readonly worstLevel: Level
  readonly firstSeen: string
  readonly lastSeen: string
  readonly clusters: string
  /** `6 × medium · Shell in a pod`, the ten most frequent. */
  readonly byRule: readonly string[]
  readonly byActor: readonly string[]
  /** The ten most severe, most severe first. */
  readonly worst: readonly string[]
}

/** `isRest`: others were told singly, and it says so: `37 more of …`. */
export function digestOf(alerts: readonly Alert[], isRest = false): Digest {
  const sorted = alerts.toSorted(bySeverity)
  const byLevel = countBy(alerts, (alert) => alert.rule.level)
  const levelCounts = levels
    .toReversed()
    .filter((level) => byLevel.has(level))
    .map((level) => `${byLevel.get(level)} ${level}`)
    .join(', ')
  const clusters = [...countBy(alerts, (alert) => alert.cluster).keys()]
  return {
    headline: `${alerts.length}${isRest ? ' more' : ''} ${isRest && alerts.length === 1 ? 'alert' : 'alerts'}: ${levelCounts}`,
    worstLevel: sorted[0]?.rule.level ?? 'informational',
    firstSeen: alerts.map((alert) => alert.firstSeen).toSorted()[0] ?? '',
    lastSeen:
      alerts
        .map((alert) => alert.lastSeen)
        .toSorted()
        .at(-1) ?? '',
    clusters: cleanText(clusters.join(', '), 250),
    byRule: topLines(
      countBy(sorted, (alert) => `${alert.rule.level} · ${alert.rule.title}`),
      isRest ? 'more of' : '×',
    ),
    byActor: topLines(
      countBy(alerts, (alert) => alert.actor || '(not authenticated)'),
      '×',
    ),
    worst: sorted
      .slice(0, 10)
      .map((alert) => cleanText(`${alert.rule.level}: ${alert.summary}`, 300)),
  }
}

function countBy(alerts: readonly Alert[], keyOf: (alert: Alert) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const alert of alerts) {
    const key = keyOf(alert)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

/** The ten most frequent, one a line, and how many more; where counts are equal, in the order of the map. */
function topLines(counts: ReadonlyMap<string, number>, times: string): string[] {
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
  const lines = sorted
    .slice(0, 10)
    .map(([key, count]) => cleanText(`${count} ${times} ${key}`, 300))
  return sorted.length > 10 ? [...lines, `and ${sorted.length - 10} more`] : lines
}
