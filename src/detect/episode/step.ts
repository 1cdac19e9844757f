import type { Alert, Level, StoryStep } from '../../contracts.ts'
import { parseTimeUs } from '../../util/time.ts'
import { tacticNamed } from '../attack-ids.ts'

/** An alert as part of a story. */
export interface Step extends StoryStep {
  readonly timeUs: number
  /** The event that opened the alert. */
  readonly event: Alert['events'][number] | undefined
  readonly tags: readonly string[]
}

/** Undefined for an alert whose rule names no tactic: it tells nothing about how far somebody has come. */
export function stepOf(alert: Alert): Step | undefined {
  const { rule, firstSeen, summary, events, openedAt } = alert
  const names = rule.tags.map((tag) => tag.replace(/^attack\./, '').replaceAll('_', '-'))
  const tactic = names.map(tacticNamed).find((name) => name !== undefined)
  if (tactic === undefined) return undefined
  return {
    alert: alert.id,
    rule: { id: rule.id, name: rule.name, level: rule.level },
    tactic,
    techniques: names.filter((name) => /^t\d{4}/.test(name)).map((name) => name.toUpperCase()),
    firstSeen,
    summary,
    timeUs: parseTimeUs(openedAt ?? firstSeen) ?? 0,
    event: events[0],
    tags: rule.tags,
  }
}

/** Each once, in the order of the steps. */
export function tacticsOf(steps: readonly Step[]): readonly string[] {
  return [...new Set(steps.map(({ tactic }) => tactic))]
}

/** Alerts below medium are part of ordinary life, and of no story. */
export function isStoryLevel(level: Level): boolean {
  return rank[level] >= rank.medium
}

/**
 * Several tactics of one actor are more than each of its alerts: `high` at least, so that somebody looks today. It is
 * `critical` when one of them is, or when two different tactics are high by themselves: then it is no coincidence of
 * ordinary work.
 */
export function levelOfSteps(steps: readonly Step[]): Level {
  if (steps.some(({ rule }) => rule.level === 'critical')) return 'critical'
  const grave = steps.filter(({ rule }) => rank[rule.level] >= rank.high)
  return tacticsOf(grave).length >= 2 ? 'critical' : 'high'
}

const rank: Readonly<Record<Level, number>> = {
  informational: 0,
  low: 1,
  medium: 2,
  high: 3,
  critical: 4,
}
