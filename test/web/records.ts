import type { Alert, BrowseQuery, RejectedItem, StoredRecord } from '../../src/contracts.ts'
import type { Browse } from '../../src/web/scan.ts'

/** A topic in memory: the values given, oldest first. Counts the records it has given out. */
export function browseOver(values: readonly unknown[]): { browse: Browse; readonly given: number } {
  const records = values.map(
    (value, offset): StoredRecord => ({
      key: String(offset),
      value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
      position: { topic: 'topic', partition: 0, offset },
      appendedAtMs: offset,
    }),
  )
  let given = 0
  return {
    get given() {
      return given
    },
    browse: async ({ after, limit, order }: BrowseQuery) => {
      if (order !== 'newest') throw new Error('only newest first is asked for here')
      const found = records
        .filter(({ position }) => after === undefined || position.offset < after)
        .toReversed()
        .slice(0, limit)
      given += found.length
      return found
    },
  }
}

export function alertOf(id: string, changes: Partial<Alert> = {}): Alert {
  return {
    schema: 'kubewitness.alert/v1',
    id,
    revision: 1,
    status: 'open',
    rule: {
      id: '6f1a5f0e-0000-4000-8000-000000000001',
      name: 'exec_into_pod',
      title: 'Exec into a pod',
      level: 'medium',
      tags: ['attack.execution'],
    },
    cluster: 'default',
    actor: 'alice',
    effectiveUser: 'alice',
    peerIp: '192.0.2.7',
    userAgent: 'kubectl/v1.36',
    target: { resource: 'pods', subresource: 'exec', namespace: 'shop', name: 'web-0' },
    firstSeen: '2026-01-01T00:00:00.000000Z',
    lastSeen: '2026-01-01T00:00:00.000000Z',
    count: 1,
    events: [{ id: 'e1', auditID: 'a1', stage: 'ResponseStarted' }],
    group: { actor: 'alice' },
    summary: 'alice opened a shell in pod shop/web-0',
    why: [{ selection: 'exec', field: 'objectRef.subresource', value: 'exec' }],
    ...changes,
  }
}

export function rejectedOf(id: string): RejectedItem {
  return {
    schema: 'kubewitness.rejected/v1',
    id,
    cluster: 'default',
    receivedAt: '2026-01-01T00:00:00.000Z',
    reason: 'not_json',
    message: 'not JSON',
    offset: 0,
    bytes: 3,
    sha256: '00',
    excerpt: 'abc',
  }
}
