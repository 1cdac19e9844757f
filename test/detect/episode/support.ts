import { toAuditEvent } from '../../../src/audit/event.ts'
import type { Alert, AuditEvent, EventRule } from '../../../src/contracts.ts'
import type { RuleMatch } from '../../../src/detect/match.ts'
import { formatTimeUs, parseTimeUs } from '../../../src/util/time.ts'
import { parseRule } from '../../sigma/support.ts'

/** Second 0 of these tests. */
export const startUs = parseTimeUs('2026-01-01T00:00:00Z') ?? 0
/** Nothing in them comes later. */
const receivedAtMs = Date.UTC(2026, 11)

export function at(seconds: number): number {
  return startUs + Math.round(seconds * 1_000_000)
}

export function ruleOf(custom = '', id = '0e95725d-7320-415d-80f7-004da920fc11'): EventRule {
  return parseRule(
    [
      'title: Secret read',
      `id: ${id}`,
      'name: secret_read',
      'level: medium',
      'tags: [attack.credential-access]',
      'logsource: { product: kubernetes }',
      'detection: { selection: { verb: get }, condition: selection }',
      `kubewitness: { summary: "{actor} read {target}"${custom === '' ? '' : `, ${custom}`} }`,
    ].join('\n'),
  )
}

export interface EventSketch {
  /** What the request is called; its stages share it. */
  readonly request: string
  readonly seconds: number
  readonly actor?: string
  readonly stage?: string
  readonly peerIp?: string
  readonly cluster?: string
}

export function eventOf(sketch: EventSketch): AuditEvent {
  const { request, seconds, actor = 'alice', stage = 'ResponseComplete' } = sketch
  const { peerIp = '192.0.2.7', cluster = 'test' } = sketch
  return toAuditEvent(
    {
      auditID: request,
      stage,
      verb: 'get',
      requestURI: `/api/v1/namespaces/shop/secrets/${request}`,
      user: { username: actor },
      sourceIPs: [peerIp],
      objectRef: { resource: 'secrets', namespace: 'shop', name: request, apiVersion: 'v1' },
      requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
      stageTimestamp: formatTimeUs(at(seconds)),
    },
    { cluster, receivedAtMs },
  )
}

export function matchOf(rule: EventRule, sketch: EventSketch): RuleMatch {
  return { rule, event: eventOf(sketch), itemNumber: 0 }
}

/** `open 1: a b`, with the audit ids of the listed events. */
export function line({ status, count, events, closedBecause }: Alert): string {
  const listed = events.map(({ auditID }) => auditID).join(' ')
  return `${status}${closedBecause === undefined ? '' : ` (${closedBecause})`} ${count}: ${listed}`
}
