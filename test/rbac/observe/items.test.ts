import { describe, expect, it } from 'vitest'
import { decodeItem, toAuditEvent } from '../../../src/audit/event.ts'
import { splitBody } from '../../../src/audit/split.ts'
import { Observation } from '../../../src/rbac/observe/observation.ts'
import { listRecordings, readRecording, readWebhookBodies } from '../../support/recordings.ts'
import { rawEvent, type SaidEvent } from './events.ts'

/** What is learned from the bytes, and from each event decoded. */
function bothWays(bytes: Uint8Array) {
  const { items } = splitBody(bytes, { notesPlaces: true })
  const fromBytes = new Observation()
  fromBytes.addItems('c', bytes, items)
  // Again, when all is known.
  fromBytes.addItems('c', bytes, items)
  const decoded = new Observation()
  const batch = { cluster: 'c', sender: '', receivedAtMs: 0, bytes, index: items }
  for (let twice = 0; twice < 2; twice++)
    for (let item = 0; item < items.count; item++)
      decoded.add(toAuditEvent(decodeItem(batch, item), batch))
  return { fromBytes: fromBytes.toValue(), decoded: decoded.toValue() }
}

function expectSame(bytes: Uint8Array): void {
  const { fromBytes, decoded } = bothWays(bytes)
  expect(fromBytes).toEqual(decoded)
}

describe('what is learned from the bytes of events', () => {
  it.each(['benign', 'attacks', 'special'])('is what they say: %s', (folder) => {
    for (const name of listRecordings(folder, '.jsonl'))
      expectSame(readRecording(`${folder}/${name}`))
  })

  it('is what they say: webhook', () => {
    for (const { bytes } of readWebhookBodies()) expectSame(bytes)
  })

  it.each<[string, SaidEvent]>([
    ['an escape in the name', { name: 'a"\\\n\u00e9\u{1f600}', namespace: 'a' }],
    ['an escape in the user', { user: 'al\\ice"é' }],
    ['no answer', { more: { responseStatus: null } }],
    ['a code as text', { more: { responseStatus: { code: '404' } } }],
    ['a code that is none', { more: { responseStatus: { code: 40.4 } } }],
    ['no user', { more: { user: null } }],
    ['a user that is none', { more: { user: 'alice' } }],
    ['no annotations', { more: { annotations: null } }],
    ['an empty decision', { more: { annotations: { 'authorization.k8s.io/decision': '' } } }],
    ['another decision', { more: { annotations: { 'authorization.k8s.io/decision': 'maybe' } } }],
    ['a decision that is none', { more: { annotations: { 'authorization.k8s.io/decision': 1 } } }],
    [
      'a reason that is none',
      {
        more: {
          annotations: {
            'authorization.k8s.io/decision': 'allow',
            'authorization.k8s.io/reason': ['x', 'y'],
          },
        },
      },
    ],
    ['a reference that is none', { more: { objectRef: 'pods' } }],
    ['an empty reference', { more: { objectRef: {} } }],
    [
      'names that are none',
      { more: { objectRef: { resource: 1, namespace: ['a'], name: { a: 1 } } } },
    ],
    [
      'a reference in another order',
      { more: { objectRef: { name: 'x', namespace: 'a', resource: 'pods' } } },
    ],
    ['another time', { more: { stageTimestamp: '2026-03-01T10:00:00+01:00' } }],
    ['a time that is none', { more: { stageTimestamp: '2026-03-01T10:xx:00.000000Z' } }],
    ['a stage that is none', { more: { stage: 'Later' } }],
    ['a level that is none', { more: { level: 'metadata' } }],
    [
      'a create outside of namespaces',
      {
        verb: 'create',
        resource: 'clusterroles',
        namespace: 'lie',
        uri: '/apis/x/v1/clusterroles',
      },
    ],
    ['a long audit id', { auditId: 'x'.repeat(300) }],
    [
      'a refused impersonation',
      {
        path: '/api',
        code: 403,
        decision: null,
        message:
          'x: User "a" cannot impersonate resource "users" in API group "" at the cluster scope',
      },
    ],
    ['acting as another', { impersonated: { username: 'bob' }, namespace: 'a' }],
    [
      'a body',
      {
        verb: 'update',
        more: {
          requestObject: {
            metadata: { ownerReferences: [{ kind: 'A', blockOwnerDeletion: true }] },
          },
        },
      },
    ],
  ])('is what they say: %s', (_what, said) => {
    const id = '01234567-89ab-4def-8123-456789abcdef'
    const events = [
      rawEvent({ auditId: id, ...said }),
      rawEvent({ auditId: id }),
      rawEvent({ auditId: id, ...said, second: 1 }),
    ]
    expectSame(Buffer.from(events.map((event) => JSON.stringify(event)).join('\n')))
  })

  it('tells a create outside of namespaces from one inside that looks alike', () => {
    const create = { verb: 'create', resource: 'widgets', apiGroup: 'example.com', namespace: 'a' }
    const events = [create, { ...create, uri: '/apis/example.com/v1/widgets' }, create].map(
      (said, at) => rawEvent({ ...said, auditId: `01234567-89ab-4def-8123-456789abcde${at}` }),
    )
    expectSame(Buffer.from(events.map((event) => JSON.stringify(event)).join('\n')))
  })
})
