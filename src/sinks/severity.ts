import type { Alert, Level } from '../contracts.ts'

interface Severity {
  /** Position among the levels, least severe first. */
  readonly rank: number
  /** `event.severity` and `event.risk_score` of the Elastic Common Schema, as Elastic's own rules use them. */
  readonly score: number
  readonly mark: string
}

export const severities: Readonly<Record<Level, Severity>> = {
  informational: { rank: 0, score: 21, mark: '⚪' },
  low: { rank: 1, score: 21, mark: '🔵' },
  medium: { rank: 2, score: 47, mark: '🟡' },
  high: { rank: 3, score: 73, mark: '🟠' },
  critical: { rank: 4, score: 99, mark: '🔴' },
}

/** For sorting: most severe first, then oldest first. */
export function bySeverity(a: Alert, b: Alert): number {
  const difference = severities[b.rule.level].rank - severities[a.rule.level].rank
  if (difference !== 0) return difference
  return a.firstSeen < b.firstSeen ? -1 : a.firstSeen > b.firstSeen ? 1 : 0
}
