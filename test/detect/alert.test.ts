import { describe, expect, it } from 'vitest'
import type { Alert, EventRule } from '../../src/contracts.ts'
import { parseRule } from '../sigma/support.ts'
import { eventOf, execEvent, openedAlert } from './support.ts'

function execRule(custom = ''): EventRule {
  return parseRule(
    [
      'title: Exec into a pod',
      'id: 0e95725d-7320-415d-80f7-004da920fc11',
      'level: medium',
      'tags: [attack.execution, attack.t1609]',
      'logsource: { product: kubernetes }',
      'detection: { exec: { objectRef.subresource: exec }, condition: exec }',
      custom,
    ].join('\n'),
  )
}

function alertOf(raw: Readonly<Record<string, unknown>>, rule = execRule()): Alert {
  return openedAlert(rule, eventOf(raw))
}

function summaryOf(template: string, raw: Readonly<Record<string, unknown>> = execEvent): string {
  return alertOf(raw, execRule(`kubewitness: { summary: ${JSON.stringify(template)} }`)).summary
}

describe('an alert', () => {
  it('says everything about its match', () => {
    const event = eventOf(execEvent)
    expect(openedAlert(execRule(), event)).toEqual({
      schema: 'kubewitness.alert/v1',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      revision: 1,
      status: 'open',
      rule: {
        id: '0e95725d-7320-415d-80f7-004da920fc11',
        name: 'rule',
        title: 'Exec into a pod',
        level: 'medium',
        tags: ['attack.execution', 'attack.t1609'],
      },
      cluster: 'test',
      actor: 'alice',
      effectiveUser: 'alice',
      peerIp: '192.0.2.7',
      userAgent: 'kubectl/v1.36.3',
      target: {
        apiGroup: '',
        resource: 'pods',
        subresource: 'exec',
        namespace: 'shop',
        name: 'web-0',
      },
      firstSeen: '2026-01-01T00:00:00.123456Z',
      lastSeen: '2026-01-01T00:00:00.123456Z',
      openedAt: '2026-01-01T00:00:00.123456Z',
      count: 1,
      events: [{ id: event.id, auditID: execEvent.auditID, stage: 'ResponseStarted' }],
      group: { actor: 'alice' },
      summary: 'Exec into a pod: alice, shop/web-0',
      why: [{ selection: 'exec', field: 'objectRef.subresource', value: 'exec' }],
    })
  })

  it('S90 has one id for one rule, group and event: a second delivery opens the same alert', () => {
    const { id } = alertOf(execEvent)
    expect(alertOf({ ...execEvent }).id).toBe(id)
    expect(alertOf({ ...execEvent, auditID: 'another' }).id).not.toBe(id)
    expect(alertOf(execEvent, { ...execRule(), id: 'another' }).id).not.toBe(id)
    expect(alertOf(execEvent, execRule('kubewitness: { groupBy: [peerIp] }')).id).not.toBe(id)
  })

  it('S91 is grouped by the names of `groupBy`, the actor by default', () => {
    const rule = execRule('kubewitness: { groupBy: [namespace, peerIp, user.groups, user.uid] }')
    expect(alertOf(execEvent, rule).group).toEqual({
      namespace: 'shop',
      peerIp: '192.0.2.7',
      'user.groups': 'developers, system:authenticated',
      'user.uid': 'unknown',
    })
  })

  it('is called by the name of its rule, else of its file', () => {
    expect(alertOf(execEvent, { ...execRule(), name: 'given' }).rule.name).toBe('given')
    const location = { path: 'detections/execution/exec_into_pod.yml', line: 1, column: 1 }
    expect(alertOf(execEvent, { ...execRule(), location }).rule.name).toBe('exec_into_pod')
  })

  it('of a request without a user says so in words, and leaves the actor empty', () => {
    const alert = alertOf({ ...execEvent, user: {} })
    expect([alert.actor, alert.group, alert.summary]).toEqual([
      '',
      { actor: 'unauthenticated', peerIp: '192.0.2.7' },
      'Exec into a pod: unauthenticated, shop/web-0',
    ])
  })

  it('of an event without time is as old as its delivery', () => {
    expect(alertOf({ objectRef: { subresource: 'exec' } })).toMatchObject({
      firstSeen: '2026-01-01T00:00:00.000000Z',
      userAgent: '',
      events: [{ auditID: '', stage: '' }],
    })
  })
})

describe('a summary', () => {
  it('fills in placeholders and fields', () => {
    expect(summaryOf('{actor} as {effectiveUser} ran {execCommand} in {target} of {cluster}')).toBe(
      'alice as alice ran sh -c in shop/web-0 of test',
    )
    expect(
      summaryOf(
        '{verb} {resource}/{subresource} {namespace} {name} {code} {peerIp} {userAgent} {stage}',
      ),
    ).toBe('get pods/exec shop web-0 101 192.0.2.7 kubectl/v1.36.3 ResponseStarted')
    expect(summaryOf('{user.groups} {annotations.authorization.k8s.io/decision} {objectRef}')).toBe(
      `developers, system:authenticated allow ${JSON.stringify(execEvent.objectRef)}`,
    )
    expect(summaryOf('{impersonatedUser}', { impersonatedUser: { username: 'bob' } })).toBe('bob')
  })

  it('says unknown for what is absent, null or empty, and leaves other braces alone', () => {
    expect(summaryOf('{impersonatedUser} {name} {x} {} {constructor}', { x: null })).toBe(
      'unknown unknown unknown {} unknown',
    )
    expect(summaryOf('{actor}', { user: { username: '{target}' } })).toBe('{target}')
  })

  it('names the target by the nearest thing there is', () => {
    const target = (objectRef: object | undefined, requestURI = '/healthz?verbose') =>
      summaryOf('{target}', { objectRef, requestURI })
    expect(target({ resource: 'nodes', name: 'worker-1' })).toBe('worker-1')
    expect(target({ resource: 'pods', namespace: 'shop' })).toBe('shop')
    expect(target({ resource: 'pods' })).toBe('pods')
    expect(target(undefined)).toBe('/healthz')
    expect(summaryOf('{target}', {})).toBe('unknown')
  })

  it('shows no control or bidirectional characters and cuts long values', () => {
    const hostile = 'a\u0000b\u001b[31m\u202Ec\r\nd\u2028e\u200b\ud800f'
    expect(summaryOf('{userAgent}!', { userAgent: hostile })).toBe('ab[31mc d ef!')
    expect(summaryOf('{userAgent}', { userAgent: 'é'.repeat(201) })).toBe(`${'é'.repeat(199)}…`)
    expect(summaryOf('{userAgent}', { userAgent: '😀'.repeat(200) })).toBe('😀'.repeat(200))
    expect(summaryOf('{userAgent}', { userAgent: ' '.repeat(100_000) })).toBe('…')
  })
})
