import type { Alert, AlertTarget, ClosingReason } from '../../contracts.ts'
import { formatTimeUs } from '../../util/time.ts'
import type { AlertSubject } from '../alert.ts'
import type { Evidence } from './evidence.ts'
import type { EpisodeSettings } from './settings.ts'

/** What an episode is, but for its evidence: saved as it stands. Times in microseconds. */
export interface EpisodeState {
  /** The id of its alert. */
  readonly id: string
  readonly key: string
  readonly subject: AlertSubject
  readonly settings: EpisodeSettings
  /** Time of the event that opened it. */
  readonly openedUs: number
  /** How far the stream had come by then: what was late is open as long as the rest. */
  readonly begunUs: number
  firstUs: number
  lastUs: number
  /** How far the stream had come at the last match. */
  activeUs: number
  /** Different ones, up to `maxDifferent`; targets as JSON. */
  targets: readonly string[]
  peerIps: readonly string[]
  /** Distinct requests as far as correlations say so: their windows may hold more than they list. */
  leastCount: number
  isCut: boolean
  readonly isCorrelated: boolean
  /** Of the last revision that was told; 0 = none yet. */
  revision: number
  /** How far the stream had come then. */
  toldUs: number
  /** The count has grown since. */
  hasNews: boolean
  /** Grows with every match of any episode: the least of them is the stalest. */
  touched: number
}

export interface Episode extends EpisodeState {
  readonly evidence: Evidence
}

export function countOf({ evidence, leastCount }: Episode): number {
  return Math.max(evidence.count, leastCount)
}

const maxDifferent = 20

/** The list with the value, if it is a new one and there is room. */
export function withDifferent(
  list: readonly string[],
  value: string | undefined,
): readonly string[] {
  const isNew = value !== undefined && value !== '' && !list.includes(value)
  return isNew && list.length < maxDifferent ? [...list, value] : list
}

/** The next revision of its alert, as it is now. */
export function tell(
  episode: Episode,
  status: Alert['status'],
  nowUs: number,
  closedBecause?: ClosingReason,
): Alert {
  episode.revision += 1
  episode.toldUs = nowUs
  episode.hasNews = false
  const { id, revision, subject, evidence, isCut, targets, peerIps } = episode
  const count = countOf(episode)
  const omitted = count - evidence.listed
  return {
    schema: 'kubewitness.alert/v1',
    id,
    revision,
    status,
    rule: subject.rule,
    cluster: subject.cluster,
    actor: subject.actor,
    effectiveUser: subject.effectiveUser,
    peerIp: subject.peerIp,
    userAgent: subject.userAgent,
    target: subject.target,
    firstSeen: formatTimeUs(episode.firstUs),
    lastSeen: formatTimeUs(episode.lastUs),
    openedAt: formatTimeUs(episode.openedUs),
    count,
    events: evidence.events().map((event) => ({
      id: event.id,
      auditID: event.auditID,
      stage: event.stage,
    })),
    group: subject.group,
    summary: summaryOf(episode, count),
    why: subject.why,
    // They were made of targets.
    ...(targets.length > 1 && { targets: targets.map((json) => JSON.parse(json) as AlertTarget) }),
    ...(peerIps.length > 1 && { peerIps }),
    ...(omitted > 0 ? { requestsOmitted: omitted } : {}),
    ...(isCut ? { isCut } : {}),
    ...(closedBecause === undefined ? {} : { closedBecause }),
  }
}

/** The sentence about the first match, and how many requests there are by now. */
function summaryOf({ subject: { summary }, isCorrelated }: Episode, count: number): string {
  if (isCorrelated) return `${summary} (${count} requests)`
  return count === 1 ? summary : `${summary} (and ${count - 1} more)`
}
