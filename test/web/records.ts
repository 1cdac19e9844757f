import type { Alert, BrowseQuery, RejectedItem, StoredRecord } from '../../src/contracts.ts'
import type { AlertRecords } from '../../src/web/alert-query.ts'

/** A topic in memory. Counts the records it has given out. */
export interface RecordsOver extends AlertRecords {
  readonly given: number
  append(value: unknown): void
}

/** The values given, oldest first; alerts have their keys. */
export function browseOver(values: readonly unknown[]): RecordsOver {
  const records: StoredRecord[] = []
  const append = (value: unknown): void => {
    const offset = records.length
    records.push({
      key: keyOf(value) ?? String(offset),
      value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
      position: { topic: 'topic', partition: 0, offset },
      appendedAtMs: offset,
    })
  }
  values.forEach(append)
  let given = 0
  return {
    append,
    find: async (keys) => records.filter(({ key }) => keys.includes(key)),
    findByPrefix: async (prefix, limit) =>
      records.filter(({ key }) => key.startsWith(prefix)).slice(-limit),
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

function keyOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && 'revision' in value && 'id' in value
    ? `${String(value.id)}:${String(value.revision)}`
    : undefined
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
