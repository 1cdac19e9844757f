import { describe, expect, it } from 'vitest'
import { BatchReader } from '../../src/audit/batch-reader.ts'
import { derivedFields, isMomentaryField } from '../../src/audit/derived/table.ts'
import { toAuditEvent } from '../../src/audit/event.ts'
import { createFieldReader } from '../../src/audit/fields.ts'
import { membersOf } from '../../src/audit/item-members.ts'
import { LikeItems } from '../../src/audit/like-items.ts'
import { createBodySplitter } from '../../src/audit/split.ts'
import { TextPool } from '../../src/audit/text-pool.ts'
import { listRecordings, readEvents } from '../support/recordings.ts'

const update = {
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Metadata',
  auditID: '7c3a4f7e-5b0e-4f0f-9a55-2f7d8f2f1c11',
  stage: 'ResponseComplete',
  requestURI: '/apis/coordination.k8s.io/v1/namespaces/shop/leases/web',
  verb: 'update',
  user: { username: 'system:node:a', groups: ['system:nodes'] },
  sourceIPs: ['192.0.2.7'],
  userAgent: 'kubelet/v1.36.3',
  objectRef: {
    resource: 'leases',
    namespace: 'shop',
    name: 'web',
    apiVersion: 'v1',
    resourceVersion: '1041',
  },
  responseStatus: { code: 200 },
  requestReceivedTimestamp: '2026-01-01T00:00:00.000001Z',
  stageTimestamp: '2026-01-01T00:00:00.123456Z',
  annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
}
type Raw = Readonly<Record<string, unknown>>

const split = createBodySplitter()
const texts = new TextPool()

function readerOf(text: string): BatchReader {
  const { bytes, items } = split(Buffer.from(text))
  expect(items.count).toBe(1)
  return new BatchReader({ bytes, index: items }, texts)
}

/** Whether what was kept of the first is found for the second. */
function isAlike(first: string, second: string, clusters: readonly string[] = ['a', 'a']): boolean {
  const known = new LikeItems<string>()
  const reader = readerOf(first)
  expect(known.find(reader, clusters[0]!, 0)).toBe(false)
  const members = membersOf(reader, 0)
  if (members !== undefined) known.keep(reader, clusters[0]!, 0, members, 'answer')
  const found = known.find(readerOf(second), clusters[1]!, 0)
  if (found) expect(known.answer).toBe('answer')
  return found
}

const json = (raw: Raw): string => JSON.stringify(raw)
const changed = (change: Raw): string => json({ ...update, ...change })
const withVersion = (resourceVersion: string): string =>
  changed({ objectRef: { ...update.objectRef, resourceVersion } })

describe('like items', () => {
  it('are the same bytes', () => {
    expect(isAlike(json(update), json(update))).toBe(true)
  })

  it.each([
    ['audit id', changed({ auditID: '00000000-5b0e-4f0f-9a55-2f7d8f2f1c11' })],
    ['time of receipt', changed({ requestReceivedTimestamp: '2027-12-31T23:59:59.999999Z' })],
    ['time of the stage', changed({ stageTimestamp: '2026-01-01T00:00:07.000000Z' })],
    ['version of the object', withVersion('9999')],
  ])('may have another %s', (_what, other) => {
    expect(isAlike(json(update), other)).toBe(true)
    expect(isAlike(other, json(update))).toBe(true)
  })

  it.each([
    ['audit id of another length', changed({ auditID: 'x' })],
    ['version of another length', withVersion('10410')],
    ['stage', changed({ stage: 'RequestReceived!' })],
    ['verb', changed({ verb: 'upsert' })],
    ['letter of a name', changed({ user: { ...update.user, username: 'system:node:b' } })],
    ['group', changed({ user: { ...update.user, groups: ['system:masks'] } })],
    ['address', changed({ sourceIPs: ['192.0.2.8'] })],
    ['client', changed({ userAgent: 'kubelet/v1.36.4' })],
    ['code', changed({ responseStatus: { code: 201 } })],
    ['URL', changed({ requestURI: `${update.requestURI.slice(0, -1)}c` })],
    [
      'annotation',
      changed({
        annotations: { ...update.annotations, 'authorization.k8s.io/decision': 'forbid' },
      }),
    ],
    [
      'last byte',
      json(update).replace(
        '"authorization.k8s.io/reason":""}}',
        '"authorization.k8s.io/reasom":""}}',
      ),
    ],
  ])('have no other %s', (_what, other) => {
    expect(isAlike(json(update), other)).toBe(false)
    expect(isAlike(other, json(update))).toBe(false)
  })

  it('are of one cluster', () => {
    expect(isAlike(json(update), json(update), ['a', 'b'])).toBe(false)
  })

  it.each([
    ['a quote', String.raw`7c3a4f7e\"5b0e-4f0f-9a55-2f7d8f2f1c1`],
    ['a backslash', String.raw`7c3a4f7e\\5b0e-4f0f-9a55-2f7d8f2f1c1`],
    ['an escape', String.raw`7c3a4f7e\u002d0e-4f0f-9a55-2f7d8f2f1`],
    ['a letter of two bytes', '7c3a4f7eä5b0e-4f0f-9a55-2f7d8f2f1c1'],
  ])(
    'have nothing but letters, digits and signs of times where they may differ: not %s',
    (_what, id) => {
      const text = json(update)
      const other = text.replace(update.auditID, id)
      expect(Buffer.byteLength(other)).toBe(text.length)
      expect(isAlike(text, other)).toBe(false)
      expect(isAlike(other, text)).toBe(false)
    },
  )

  it('hide no member behind a text that may differ', () => {
    const hidden = '7c3a4f7e","level2":"a","verb2":"get","a":"b'
    const other = json({ ...update, auditID: 'x'.repeat(hidden.length) })
    expect(isAlike(other, other.replace('x'.repeat(hidden.length), hidden))).toBe(false)
  })

  it('have no body, no key twice, and a bounded length', () => {
    const body = changed({ requestObject: { kind: 'Lease' } })
    const twice = json(update).replace('"verb":"update"', '"verb":"update","verb":"update"')
    const long = changed({ userAgent: 'x'.repeat(1600) })
    for (const one of [body, twice, long]) expect(isAlike(one, one)).toBe(false)
  })
})

describe('fields that are not momentary', () => {
  const paths = Object.entries(derivedFields)
    .flatMap(([name, field]) => ('bind' in field ? [`${name}a`] : [name]))
    .filter((path) => !isMomentaryField(path))
  const momentary = Object.keys(derivedFields).filter(isMomentaryField)

  it('say the same of an event at another time, with another id and version', () => {
    expect(momentary).toEqual(['durationSeconds', 'requestId'])
    for (const name of listRecordings('attacks', '.jsonl'))
      for (const raw of readEvents(`attacks/${name}`)) {
        const later = {
          ...raw,
          auditID: '00000000-0000-4000-8000-000000000000',
          requestReceivedTimestamp: '2031-05-06T07:08:09.101112Z',
          stageTimestamp: '2032-06-07T08:09:10.111213Z',
          ...(raw['objectRef'] !== undefined && {
            objectRef: { ...(raw['objectRef'] as Raw), resourceVersion: '7' },
          }),
        }
        const [first, second] = [raw, later].map((one) =>
          createFieldReader(toAuditEvent(one, { cluster: 'a', receivedAtMs: 0 })),
        )
        for (const path of paths)
          expect([path, second!.read(path)]).toEqual([path, first!.read(path)])
      }
  })
})
