import { describe, expect, it } from 'vitest'
import { alertDocument } from '../../../src/sinks/elasticsearch/document.ts'
import { indexOf } from '../../../src/sinks/elasticsearch/names.ts'
import { makeAlert, makeRule } from '../make-alert.ts'

const ingestedAtMs = Date.UTC(2026, 0, 1, 0, 0, 10)

describe('the document of an alert', () => {
  it('follows the Elastic Common Schema and carries the whole alert', () => {
    const alert = makeAlert({
      rule: { ...makeRule('high'), tags: ['attack.privilege_escalation', 'attack.t1552.007', 'x'] },
      effectiveUser: 'system:admin',
    })
    expect(alertDocument(alert, ingestedAtMs)).toEqual({
      '@timestamp': '2026-01-01T00:00:00.000000Z',
      message: 'alice@example.com opened a shell in pod shop/web-0',
      tags: ['attack.privilege_escalation', 'attack.t1552.007', 'x'],
      ecs: { version: '8.17.0' },
      event: {
        kind: 'alert',
        category: ['intrusion_detection'],
        type: ['info'],
        module: 'kubewitness',
        dataset: 'kubewitness.alerts',
        id: 'alert-1',
        severity: 73,
        risk_score: 73,
        start: '2026-01-01T00:00:00.000000Z',
        end: '2026-01-01T00:00:05.250000Z',
        ingested: '2026-01-01T00:00:10.000Z',
      },
      rule: {
        id: alert.rule.id,
        uuid: alert.rule.id,
        name: 'exec_into_pod',
        description: 'Shell in a pod',
      },
      threat: {
        framework: 'MITRE ATT&CK',
        tactic: { name: ['privilege-escalation'] },
        technique: { id: ['T1552'], subtechnique: { id: ['T1552.007'] } },
      },
      user: { name: 'alice@example.com', effective: { name: 'system:admin' } },
      user_agent: { original: 'kubectl/v1.36' },
      source: { ip: '192.0.2.7' },
      client: { ip: '192.0.2.7' },
      related: { ip: ['192.0.2.7'], user: ['alice@example.com', 'system:admin'] },
      orchestrator: {
        type: 'kubernetes',
        cluster: { name: 'prod' },
        namespace: 'shop',
        resource: { type: 'pods', name: 'web-0' },
      },
      kubewitness: { alert },
    })
  })

  it('relates every address that is one', () => {
    const peerIps = ['192.0.2.7', '192.0.2.8', 'nowhere']
    expect(alertDocument(makeAlert({ peerIps }), ingestedAtMs)['related']).toMatchObject({
      ip: ['192.0.2.7', '192.0.2.8'],
    })
  })

  it('leaves out what is empty, and a peer that is no address', () => {
    const alert = makeAlert({
      rule: { ...makeRule('informational'), tags: [] },
      actor: '',
      effectiveUser: '',
      peerIp: 'fe80::1%eth0',
      userAgent: '',
      target: {},
    })
    const document = alertDocument(alert, ingestedAtMs)
    expect(Object.keys(document)).toEqual([
      '@timestamp',
      'message',
      'ecs',
      'event',
      'rule',
      'orchestrator',
      'kubewitness',
    ])
    expect(document).toMatchObject({
      event: { severity: 21 },
      orchestrator: { type: 'kubernetes', cluster: { name: 'prod' } },
      kubewitness: { alert },
    })
  })

  it.each([
    ['2026-01-31T23:59:59.999999Z', 'kubewitness-alerts-eu-2026.01'],
    ['2025-12-01T00:00:00.000000Z', 'kubewitness-alerts-eu-2025.12'],
    ['', 'kubewitness-alerts-eu-1970.01'],
    ['../../x', 'kubewitness-alerts-eu-1970.01'],
  ])('first seen at %j goes to %s', (firstSeen, index) => {
    expect(indexOf(makeAlert({ firstSeen }), 'eu')).toBe(index)
  })

  it('goes by the event that opened the alert, though an earlier one came later', () => {
    const openedAt = '2026-02-01T00:00:00.000000Z'
    const revisions = [openedAt, '2026-01-31T23:59:59.000000Z'].map((firstSeen) =>
      makeAlert({ openedAt, firstSeen }),
    )
    expect(revisions.map((alert) => indexOf(alert, 'eu'))).toEqual([
      'kubewitness-alerts-eu-2026.02',
      'kubewitness-alerts-eu-2026.02',
    ])
  })
})
