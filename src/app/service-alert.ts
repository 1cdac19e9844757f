import { createHash } from 'node:crypto'
import type { Alert, AlertReason } from '../contracts.ts'
import { formatTimeUs } from '../util/time.ts'

/** What the service says of itself through the same alerts as the rules. */
export interface ServiceFinding {
  readonly rule: Alert['rule']
  /** Empty when it concerns no cluster. */
  readonly cluster: string
  readonly subject: string
  /** Findings of one rule, cluster and subject are the same alert when this is the same. */
  readonly occasion: number
  readonly status: Alert['status']
  readonly summary: string
  readonly why: readonly AlertReason[]
  readonly atMs: number
}

export function serviceAlert(finding: ServiceFinding): Alert {
  const { rule, cluster, subject, occasion, status, summary, why, atMs } = finding
  const identity = JSON.stringify([rule.id, cluster, subject, occasion])
  const at = formatTimeUs(atMs * 1000)
  return {
    schema: 'kubewitness.alert/v1',
    id: createHash('sha256').update(identity).digest('hex').slice(0, 32),
    revision: 1,
    status,
    rule,
    cluster,
    actor: 'kubewitness',
    effectiveUser: 'kubewitness',
    peerIp: '',
    userAgent: '',
    target: {},
    firstSeen: at,
    lastSeen: at,
    count: 1,
    events: [],
    group: { subject },
    summary,
    why,
  }
}
