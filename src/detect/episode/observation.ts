import { hash } from 'node:crypto'
import type { FieldPaths } from '../../audit/fields.ts'
import { targetOf } from '../../audit/target.ts'
import type { AuditEvent, Rule } from '../../contracts.ts'
import { type AlertSubject, correlatedSubjectOf, groupOf, subjectOf, textAt } from '../alert.ts'
import type { CorrelationMatch, EventReference } from '../correlate/correlator.ts'
import type { RuleMatch } from '../match.ts'

/** A match of either kind as an episode sees it. */
export interface Observation {
  readonly rule: Rule
  readonly cluster: string
  /** Hash of rule, cluster and group: matches with the same one belong together. */
  readonly key: string
  /** Event time, which says what it belongs to. */
  readonly timeUs: number
  /** The same, but never later than the event came: an API server whose clock is ahead keeps nothing open. */
  readonly activeUs: number
  /** The event that completes it: its id, its stage, and its request, which is the event itself for a correlation. */
  readonly eventId: string
  readonly stage: string
  readonly request: string
  /** What it adds, each with the request that it is a stage of. */
  readonly evidence: readonly (readonly [request: string, EventReference])[]
  /** What the event was about, as JSON, and where it came from; unknown of a correlation. */
  readonly target?: string
  readonly peerIp?: string
  /** At least so many distinct requests stand behind it. */
  readonly count: number
  readonly isCut: boolean
  /** Not cheap: only for a match that opens an episode. */
  readonly subject: () => AlertSubject
}

/** `event`: the event just evaluated, where correlations that it completed are told. */
export function observationOf(
  match: RuleMatch | CorrelationMatch,
  event: AuditEvent | undefined,
  memo: ObservationMemo,
): Observation {
  return 'events' in match ? ofCorrelation(match, event, memo) : ofRule(match, memo)
}

/** What recurs from match to match: the paths of fields, taken apart, and the keys of groups that have matched before. */
export class ObservationMemo {
  readonly paths: FieldPaths = new Map()
  readonly #known = new Map<string, string>()

  /** Of the episodes of a rule and group. */
  key(rule: Rule, cluster: string, group: readonly (readonly [string, unknown])[]): string {
    const text = JSON.stringify([rule.id, cluster, ...group])
    let key = this.#known.get(text)
    if (key === undefined) {
      if (this.#known.size >= mostKnownKeys) this.#known.clear()
      key = hashOf(text)
      this.#known.set(text, key)
    }
    return key
  }
}

const mostKnownKeys = 2048

/** When an event was, as far as it can be believed: never after it came, and when it came if it does not say. */
export function eventTimeUs({ receivedAtMs, timeUs }: AuditEvent): number {
  const receivedUs = receivedAtMs * 1000
  return timeUs > 0 ? Math.min(timeUs, receivedUs) : receivedUs
}

function ofRule(match: RuleMatch, memo: ObservationMemo): Observation {
  const { rule, event } = match
  const { id, stage, receivedAtMs, requestId, cluster } = event
  const timeUs = event.timeUs > 0 ? event.timeUs : receivedAtMs * 1000
  const group = groupOf(match, memo.paths)
  return {
    rule,
    cluster,
    key: memo.key(rule, cluster, group),
    timeUs,
    activeUs: eventTimeUs(event),
    eventId: id,
    stage,
    request: requestId,
    evidence: [[requestId, { id, auditID: textAt(event, 'auditID'), stage, timeUs }]],
    target: JSON.stringify(targetOf(event)),
    peerIp: event.peerIp,
    count: 1,
    isCut: false,
    subject: () => subjectOf(match, group, memo.paths),
  }
}

function ofCorrelation(
  match: CorrelationMatch,
  event: AuditEvent | undefined,
  memo: ObservationMemo,
): Observation {
  const { rule, cluster, group, events, count, isCut } = match
  const { id, stage, timeUs } = match.event
  return {
    rule,
    cluster,
    key: memo.key(rule, cluster, Object.entries(group)),
    timeUs,
    activeUs: timeUs,
    eventId: id,
    stage,
    request: id,
    // The correlator has left out what does not count: each of its events stands for itself.
    evidence: events.map((each) => [each.id, each] as const),
    count,
    isCut,
    subject: () => correlatedSubjectOf(match, event?.id === id ? event : undefined, memo.paths),
  }
}

/** 32 hex digits of what is given, told apart by type and place. */
export function shortHash(content: readonly unknown[]): string {
  return hashOf(JSON.stringify(content))
}

function hashOf(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32)
}
