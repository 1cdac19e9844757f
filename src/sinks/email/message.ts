import { createHash } from 'node:crypto'
import type { Alert } from '../../contracts.ts'
import { cleanText } from '../clean-text.ts'
import { digestOf } from '../digest.ts'
import { factsOf, reasonLines } from '../facts.ts'
import { bySeverity } from '../severity.ts'

/** A mail of plain text: there is no markup that a value could be part of. */
export interface Mail {
  readonly subject: string
  readonly text: string
  /** The same for the same alerts, so that mailboxes know a repeat. */
  readonly id: string
  readonly isUrgent: boolean
}

const statusWords = { open: '', updated: 'Updated: ', closed: 'Closed: ' } as const

/** The given alerts in one mail, most severe first, `maxAlerts` of them in detail. At least one is given. */
export function mailOf(alerts: readonly Alert[], maxAlerts: number): Mail {
  const sorted = alerts.toSorted(bySeverity)
  // There is at least one.
  const worst = sorted[0]!
  const revisions = sorted.map(({ id, revision }) => `${id} ${revision}`).toSorted()
  const subject =
    sorted.length === 1
      ? `[${worst.rule.level.toUpperCase()}] ${worst.cluster}: ${titleOf(worst)}`
      : `[${worst.rule.level.toUpperCase()}] ${digestOf(sorted).headline}`
  const parts = sorted.slice(0, maxAlerts).map(detailsOf)
  if (sorted.length > 1) parts.unshift(overviewOf(sorted))
  if (sorted.length > maxAlerts) parts.push(`And ${sorted.length - maxAlerts} more.`)
  return {
    subject: harmless(cleanText(subject, 200)),
    text: harmless(`${parts.join('\n\n')}\n`),
    id: createHash('sha256').update(revisions.join('\n')).digest('hex').slice(0, 40),
    isUrgent: worst.rule.level === 'critical' || worst.rule.level === 'high',
  }
}

function titleOf({ status, rule }: Alert): string {
  return `${statusWords[status]}${rule.title}`
}

function overviewOf(sorted: readonly Alert[]): string {
  const digest = digestOf(sorted)
  const list = (name: string, lines: readonly string[]) =>
    [`${name}:`, ...lines.map((line) => `  ${line}`)].join('\n')
  return [
    `${digest.headline}, from ${digest.firstSeen} to ${digest.lastSeen}`,
    list('By rule', digest.byRule),
    list('By actor', digest.byActor),
  ].join('\n\n')
}

function detailsOf(alert: Alert): string {
  const { level, name } = alert.rule
  return [
    cleanText(`${level.toUpperCase()}: ${titleOf(alert)}`, 250),
    cleanText(alert.summary, 1000),
    ...factsOf(alert).map(([fact, value]) => `  ${`${fact}:`.padEnd(12)} ${value}`),
    ...reasonLines(alert, 20).map((line) => `  ${'Why:'.padEnd(12)} ${line}`),
    `  ${'Alert:'.padEnd(12)} ${cleanText(`${name} · ${alert.id}`, 250)}`,
  ].join('\n')
}

/** Mail programs make links of addresses even in plain text; none is to come from an event. */
function harmless(text: string): string {
  return text.replaceAll('://', '[:]//').replaceAll(/\bwww\./gi, 'www[.]')
}
