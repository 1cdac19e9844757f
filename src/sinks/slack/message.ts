import type { Alert } from '../../contracts.ts'
import { factsOf } from '../facts.ts'
import { severities } from '../severity.ts'
import {
  type Block,
  box,
  fields,
  footnote,
  header,
  paragraph,
  type SlackMessage,
  slackMessage,
} from './blocks.ts'

const statusWords: Readonly<Record<Alert['status'], string>> = {
  open: '',
  updated: 'Updated: ',
  closed: 'Closed: ',
}

/** One alert as one message. */
export function alertMessage(alert: Alert): SlackMessage {
  const { level, title, name } = alert.rule
  const headline = `${severities[level].mark} ${level.toUpperCase()}: ${statusWords[alert.status]}${title}`
  const blocks: Block[] = [header(headline), paragraph(alert.summary), fields(factsOf(alert))]
  if (alert.why.length > 0) {
    blocks.push(
      box(alert.why.map(({ selection, field, value }) => `${selection}: ${field} = ${value}`)),
    )
  }
  blocks.push(footnote(`${name} · ${alert.id}`))
  return slackMessage(`${headline}: ${alert.summary}`, blocks)
}
