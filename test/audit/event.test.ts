import { describe, expect, it } from 'vitest'
import { toAuditEvent } from '../../src/audit/event.ts'
import { targetOf } from '../../src/audit/target.ts'

const context = { cluster: 'prod', receivedAtMs: 42 }
const raw = {
  auditID: 'a-1',
  stage: 'ResponseComplete',
  verb: 'get',
  requestURI: '/api/v1/pods',
  user: { username: 'alice', groups: ['g'] },
  sourceIPs: ['198.51.100.1', '192.0.2.7'],
  responseStatus: { code: 200 },
  requestReceivedTimestamp: '2026-01-01T00:00:00.000001Z',
  stageTimestamp: '2026-01-01T00:00:01.000002Z',
}
const event = (fields: Record<string, unknown> = {}) => toAuditEvent({ ...raw, ...fields }, context)

describe('an event', () => {
  it('is normalised', () => {
    const { cluster, receivedAtMs, timeUs, actor, effectiveUser, peerIp, claimedIps, stage } =
      event()
    expect({
      cluster,
      receivedAtMs,
      timeUs,
      actor,
      effectiveUser,
      peerIp,
      claimedIps,
      stage,
    }).toEqual({
      cluster: 'prod',
      receivedAtMs: 42,
      timeUs: 1_767_225_601_000_002,
      actor: 'alice',
      effectiveUser: 'alice',
      peerIp: '192.0.2.7',
      claimedIps: ['198.51.100.1'],
      stage: 'ResponseComplete',
    })
  })

  it('has the impersonated user as its effective user', () => {
    const { actor, effectiveUser } = event({ impersonatedUser: { username: 'bob' } })
    expect([actor, effectiveUser]).toEqual(['alice', 'bob'])
  })

  it.each([
    [{ stageTimestamp: null }, 1_767_225_600_000_001],
    [
      { stageTimestamp: '', requestReceivedTimestamp: 5, timestamp: '2026-01-01T00:00:02Z' },
      1_767_225_602_000_000,
    ],
    [
      {
        stageTimestamp: {},
        requestReceivedTimestamp: null,
        metadata: { creationTimestamp: '2026-01-01T00:00:03Z' },
      },
      1_767_225_603_000_000,
    ],
    [{ stageTimestamp: '1767225600', requestReceivedTimestamp: 'yesterday' }, 0],
  ])('takes its time from what there is: %j', (fields, timeUs) => {
    expect(event(fields).timeUs).toBe(timeUs)
  })

  it.each([
    [undefined, '', []],
    [null, '', []],
    ['192.0.2.7', '', []],
    [[], '', []],
    [[7, null, ''], '', []],
    [['192.0.2.7'], '192.0.2.7', []],
    [['a', 5, 'b', 'c'], 'c', ['a', 'b']],
  ])('takes its addresses from sourceIPs %j', (sourceIPs, peerIp, claimedIps) => {
    const found = event({ sourceIPs })
    expect([found.peerIp, found.claimedIps]).toEqual([peerIp, claimedIps])
  })

  it('never throws for what is missing, or of another type', () => {
    const wrong: unknown[] = [undefined, null, 0, '', [], {}, [{}], { username: 5 }, { code: {} }]
    for (const value of wrong) {
      const fields = Object.fromEntries(Object.keys(raw).map((key) => [key, value]))
      const found = toAuditEvent(fields, context)
      expect([found.actor, found.effectiveUser, found.peerIp, found.timeUs]).toEqual([
        '',
        '',
        '',
        0,
      ])
      expect([found.id, found.requestId].map((id) => id.length)).toEqual([32, 32])
      expect(['', undefined]).toContain(targetOf(found).apiGroup)
    }
  })
})

describe('ids', () => {
  it('are functions of content', () => {
    expect(event().id).toBe(event({ kind: 'Event', level: 'Request' }).id)
    expect(event().id).toBe(toAuditEvent(raw, { ...context, receivedAtMs: 43 }).id)
    expect(event().id).toMatch(/^[0-9a-f]{32}$/)
    expect(event().requestId).not.toBe(event().id)
  })

  it('do not depend on the key with which a secret was taken out, but on how long it was', () => {
    const id = (marker: string) => event({ requestURI: `/api?token=redacted:${marker}&x=1` }).id
    expect(id('40:0123456789ab')).toBe(id('40:ba9876543210'))
    expect(id('40:0123456789ab')).not.toBe(id('41:0123456789ab'))
  })

  it('of objects that have no auditID are those of their whole content', () => {
    const object = (fields: object) => toAuditEvent({ ...fields }, context)
    const one = object({ user: 'alice', at: 1 })
    expect(one.requestId).toBe(one.id)
    expect(object({ user: 'alice', at: 1 }).id).toBe(one.id)
    expect(object({ user: 'alice', at: 2 }).id).not.toBe(one.id)
  })

  it.each([
    { auditID: 'a-2' },
    { stage: 'ResponseStarted' },
    { verb: 'list' },
    { requestURI: '/api/v1/pods/x' },
    { user: { username: 'bob' } },
    { user: {} },
    { user: { username: null } },
    { impersonatedUser: { username: 'bob' } },
    { sourceIPs: ['192.0.2.7'] },
    { sourceIPs: ['198.51.100.1,192.0.2.7'] },
    { responseStatus: { code: 201 } },
    { responseStatus: { code: '200' } },
    { requestReceivedTimestamp: '2026-01-01T00:00:00.000002Z' },
    { stageTimestamp: '2026-01-01T00:00:01.000003Z' },
    { verb: 'gets3:x' },
    { verb: '\ud800' },
    { verb: '\ud801' },
  ])('differ when this does: %j', (fields) => {
    expect(event(fields).id).not.toBe(event().id)
  })

  it('differ between clusters, and between fields that run together', () => {
    expect(toAuditEvent(raw, { ...context, cluster: 'dev' }).id).not.toBe(event().id)
    const shifted = [
      event({ auditID: 'ab', requestReceivedTimestamp: 'c' }),
      event({ auditID: 'a', requestReceivedTimestamp: 'bc' }),
      event({ auditID: 'as1:c', requestReceivedTimestamp: undefined }),
      event({ auditID: 'asb', requestReceivedTimestamp: '' }),
      event({ auditID: 'a', requestReceivedTimestamp: 'bs' }),
      event({ auditID: '\ud800' }),
      event({ auditID: '\ud801' }),
      event({ auditID: '"\\ud800"' }),
    ]
    expect(new Set(shifted.map(({ id }) => id)).size).toBe(shifted.length)
  })

  it('of a request are those of all its stages', () => {
    const stages = [
      event(),
      event({
        stage: 'RequestReceived',
        stageTimestamp: raw.requestReceivedTimestamp,
        responseStatus: undefined,
      }),
      event({
        stage: 'ResponseStarted',
        responseStatus: { code: 101 },
        impersonatedUser: { username: 'bob' },
      }),
    ]
    expect(new Set(stages.map(({ requestId }) => requestId)).size).toBe(1)
    expect(new Set(stages.map(({ id }) => id)).size).toBe(3)
    expect(event({ user: { username: 'bob' } }).requestId).not.toBe(event().requestId)
  })
})

describe('the target', () => {
  it.each([
    [undefined, {}],
    [null, {}],
    ['pods', {}],
    [{}, { apiGroup: '' }],
    [
      { resource: 'pods', namespace: 'shop', name: 'web-0', subresource: 'exec', apiVersion: 'v1' },
      { apiGroup: '', resource: 'pods', subresource: 'exec', namespace: 'shop', name: 'web-0' },
    ],
    [
      { resource: 'roles', apiGroup: 'rbac.authorization.k8s.io', name: '', namespace: 5 },
      { apiGroup: 'rbac.authorization.k8s.io', resource: 'roles' },
    ],
  ])('of objectRef %j', (objectRef, target) => {
    expect(targetOf(event({ objectRef }))).toEqual(target)
  })
})
