import type { Alert } from '../../contracts.ts'
import { digestOf } from '../digest.ts'
import { severities } from '../severity.ts'
import { box, fields, header, paragraph, type SlackMessage, slackMessage } from './blocks.ts'

/** The alerts beyond those that were posted singly: how many of which level and rule, by whom, from when to when, the worst of them by line. */
export function summaryMessage(alerts: readonly Alert[]): SlackMessage {
  const digest = digestOf(alerts, true)
  const headline = `${severities[digest.worstLevel].mark} ${digest.headline}`
  return slackMessage(headline, [
    header(headline),
    fields([
      ['First seen', digest.firstSeen],
      ['Last seen', digest.lastSeen],
      ['Clusters', digest.clusters],
    ]),
    paragraph('By rule'),
    box(digest.byRule),
    paragraph('By actor'),
    box(digest.byActor),
    paragraph('Most severe'),
    box(digest.worst),
  ])
}
