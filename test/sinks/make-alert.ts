import type { Alert, Level } from '../../src/contracts.ts'

/** An alert with everything filled in; what matters to a test is given, nested objects whole. */
export function makeAlert(changes: Partial<Alert> = {}): Alert {
  return {
    schema: 'kubewitness.alert/v1',
    id: 'alert-1',
    revision: 1,
    status: 'open',
    rule: makeRule('medium'),
    cluster: 'prod',
    actor: 'alice@example.com',
    effectiveUser: 'alice@example.com',
    peerIp: '192.0.2.7',
    userAgent: 'kubectl/v1.36',
    target: {
      apiGroup: '',
      resource: 'pods',
      subresource: 'exec',
      namespace: 'shop',
      name: 'web-0',
    },
    firstSeen: '2026-01-01T00:00:00.000000Z',
    lastSeen: '2026-01-01T00:00:05.250000Z',
    count: 1,
    events: [{ id: 'event-1', auditID: 'audit-1', stage: 'ResponseStarted' }],
    group: { actor: 'alice@example.com' },
    summary: 'alice@example.com opened a shell in pod shop/web-0',
    why: [{ selection: 'exec', field: 'objectRef.subresource', value: 'exec' }],
    ...changes,
  }
}

export function makeRule(level: Level, title = 'Shell in a pod'): Alert['rule'] {
  return {
    id: 'c5a9f0a4-5b1f-4a52-9f39-1d3d3a8b1c11',
    name: 'exec_into_pod',
    title,
    level,
    tags: ['attack.execution', 'attack.t1609'],
  }
}
