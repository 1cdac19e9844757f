import { toAuditEvent } from '../../src/audit/event.ts'
import type { AuditEvent, Correlation, CorrelationRule, EventRule } from '../../src/contracts.ts'
import type { RuleMatch } from '../../src/detect/match.ts'
import { formatTimeUs } from '../../src/util/time.ts'

const startUs = 1_767_225_600_000_000
const receivedAtMs = 1_800_000_000_000

const metadata = {
  title: 'bench',
  level: 'medium',
  status: 'test',
  tags: [],
  logsource: { product: 'kubernetes' },
  fields: [],
  falsePositives: [],
  references: [],
  missing: [],
  keyLocations: {},
  location: { path: 'bench.yml', line: 1, column: 1 },
} as const

const matchedRule: EventRule = {
  ...metadata,
  kind: 'event',
  id: 'matched',
  custom: {},
  condition: { kind: 'and', items: [] },
}

/** A correlation by user over the one event rule of the bench. */
export function correlationByUser(
  type: Correlation['type'],
  least: number,
  custom: Readonly<Record<string, unknown>> = {},
): CorrelationRule {
  const field = (name: string) => ({
    name,
    sourceByRule: { matched: { kind: 'event' as const, paths: [name] } },
  })
  return {
    ...metadata,
    kind: 'correlation',
    id: type,
    custom,
    correlation: {
      type,
      rules: ['matched'],
      generate: false,
      groupBy: [field('user.username')],
      timespanUs: 600_000_000,
      condition: {
        kind: 'threshold',
        tests: [{ operator: 'gte', value: least }],
        fields: type === 'value_count' ? [field('objectRef.name')] : [],
      },
    },
  }
}

/** The text of an event as an API server reports it; every one has its own audit id and time. */
export function eventText(number: number, user: string): string {
  const time = formatTimeUs(startUs + number * 50)
  const auditId = `7c3a4f7e-5b0e-4f0f-9a55-${number.toString(16).padStart(12, '0')}`
  const name = `secret-${number % 512}`
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: auditId,
    stage: 'ResponseComplete',
    requestURI: `/api/v1/namespaces/shop/secrets/${name}`,
    verb: 'get',
    user: { username: user, groups: ['system:serviceaccounts', 'system:authenticated'] },
    sourceIPs: ['192.0.2.7'],
    userAgent: 'kubectl/v1.36.3 (linux/amd64) kubernetes/0000000',
    objectRef: { resource: 'secrets', namespace: 'shop', name, apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 403 },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' },
  })
}

export function eventOf(text: string): AuditEvent {
  // Text of `eventText`: an object.
  const raw = JSON.parse(text) as Record<string, unknown>
  return toAuditEvent(raw, { cluster: 'bench', receivedAtMs })
}

export function matchOf(event: AuditEvent): readonly RuleMatch[] {
  return [{ rule: matchedRule, event, itemNumber: 0 }]
}

/** An event of which only what correlations read is there, with ids that cost nothing to make: for very many keys. */
export function bareEvent(number: number, user: string): AuditEvent {
  const id = number.toString(16).padStart(8, '0').padEnd(32, '0')
  return {
    id,
    requestId: id,
    cluster: 'bench',
    timeUs: startUs + number * 20,
    receivedAtMs,
    actor: user,
    effectiveUser: user,
    peerIp: '192.0.2.7',
    claimedIps: [],
    stage: 'ResponseComplete',
    raw: {
      auditID: `7c3a4f7e-5b0e-4f0f-9a55-${number.toString(16).padStart(12, '0')}`,
      user: { username: user },
    },
  }
}
