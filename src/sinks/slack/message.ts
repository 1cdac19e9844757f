import type { Alert } from '../../contracts.ts'
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
  const blocks: Block[] = [
    header(headline),
    paragraph(alert.summary),
    fields([
      ['Cluster', alert.cluster],
      ['Actor', alert.actor],
      ['Acting as', alert.effectiveUser === alert.actor ? '' : alert.effectiveUser],
      ['From', alert.peerIp],
      ['Object', targetText(alert.target)],
      ['User agent', alert.userAgent],
      ['First seen', alert.firstSeen],
      ['Last seen', alert.lastSeen === alert.firstSeen ? '' : alert.lastSeen],
      ['Events', String(alert.count)],
    ]),
  ]
  if (alert.why.length > 0) {
    blocks.push(
      box(alert.why.map(({ selection, field, value }) => `${selection}: ${field} = ${value}`)),
    )
  }
  blocks.push(footnote(`${name} · ${alert.id}`))
  return slackMessage(`${headline}: ${alert.summary}`, blocks)
}

function targetText(target: Alert['target']): string {
  const kind = [target.resource, target.subresource].filter(Boolean).join('/')
  const place = [target.namespace, target.name].filter(Boolean).join('/')
  return `${kind} ${place}`.trim()
}
