import type { Alert } from '../../contracts.ts'
import { factsOf } from '../facts.ts'
import { severities } from '../severity.ts'
import {
  type Block,
  box,
  fields,
  footnote,
  header,
  link,
  paragraph,
  type SlackMessage,
  slackMessage,
} from './blocks.ts'

/** The address of the page of an alert. */
export type AlertUrl = (id: string) => string

const statusWords: Readonly<Record<Alert['status'], string>> = {
  open: '',
  updated: 'Updated: ',
  closed: 'Closed: ',
}

/** One alert as one message. */
export function alertMessage(alert: Alert, alertUrl?: AlertUrl): SlackMessage {
  const headline = headlineOf(alert)
  const blocks: Block[] = [header(headline), paragraph(alert.summary), fields(factsOf(alert))]
  if (alert.why.length > 0) {
    blocks.push(
      box(alert.why.map(({ selection, field, value }) => `${selection}: ${field} = ${value}`)),
    )
  }
  if (alertUrl !== undefined) blocks.push(link('Open the alert', alertUrl(alert.id)))
  blocks.push(footnote(`${alert.rule.name} · ${alert.id}`))
  return slackMessage(`${headline}: ${alert.summary}`, blocks)
}

/** How alerts have grown, ended or changed their level since they were told, for a thread. */
export function growthMessage(alerts: readonly Alert[], alertUrl?: AlertUrl): SlackMessage {
  const [only] = alerts
  if (only !== undefined && alerts.length === 1) {
    const blocks: Block[] = [paragraph(growthLine(only))]
    if (alertUrl !== undefined) blocks.push(link('Open the alert', alertUrl(only.id)))
    return slackMessage(growthLine(only), blocks)
  }
  return slackMessage(`${alerts.length} alerts go on`, [box(alerts.map(growthLine))])
}

function growthLine(alert: Alert): string {
  const { count, lastSeen, previousLevel, rule } = alert
  const level = previousLevel === undefined ? '' : ` (was ${previousLevel.toUpperCase()})`
  return `${headlineOf(alert)}${level}: ${count} ${count === 1 ? 'event' : 'events'} until ${lastSeen}, by ${alert.actor || '(not authenticated)'} · ${rule.name}`
}

function headlineOf({ rule, status }: Alert): string {
  return `${severities[rule.level].mark} ${rule.level.toUpperCase()}: ${statusWords[status]}${rule.title}`
}
