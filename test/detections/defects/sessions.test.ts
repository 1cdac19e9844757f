import { describe, expect, it } from 'vitest'
import { alertsOn } from '../corpus.ts'
import { ruleSet, rulesOn } from './rules-on.ts'

describe('a session in a pod', () => {
  it.each(['get', 'create'])('is found under the verb %s', (verb) => {
    expect(rulesOn('pod_exec', { verb })).toContain('pod_exec')
  })

  it('is found at either stage, so that an audit policy may leave out one of them', () => {
    for (const stage of ['ResponseStarted', 'ResponseComplete'])
      expect(rulesOn('pod_exec', { stage })).toContain('pod_exec')
  })

  it('is one alert, not two, though it has two events', () => {
    const alerts = alertsOn(ruleSet, 'attacks/exec-spdy.jsonl').filter(
      ({ rule }) => rule.name === 'port_forward' || rule.name === 'pod_session_by_service_account',
    )
    const counted = alerts.map(({ count, events }) => [
      count,
      new Set(events.map(({ auditID }) => auditID)).size,
    ])
    expect(counted.length).toBeGreaterThan(0)
    expect(counted.filter(([count, requests]) => count !== requests)).toEqual([])
  })

  it('that was refused is told from one that was opened', () => {
    const refused = {
      'responseStatus.code': 403,
      'annotations."authorization.k8s.io/decision"': 'forbid',
    }
    const found = rulesOn('pod_exec', refused)
    expect(found).toContain('pod_session_refused')
    expect(found).not.toContain('pod_exec')
  })

  it.each(['Metadata', 'Request', 'RequestResponse'])('is found at audit level %s', (level) => {
    expect(rulesOn('pod_exec', { level })).toContain('pod_exec')
  })

  it('has a command, whatever the order of the parameters, and through a kubelet, too', () => {
    const path = '/api/v1/namespaces/shop/pods/cart/exec'
    for (const query of [
      'command=cat&command=/etc/shadow&container=a&stdout=true',
      'stdout=true&command=cat&container=a&command=%2Fetc%2Fshadow',
    ])
      expect(rulesOn('pod_exec', { requestURI: `${path}?${query}` })).toContain(
        'exec_reads_credentials',
      )
    const uri = '/api/v1/nodes/a/proxy/run/shop/cart/web?cmd=cat+/etc/shadow'
    expect(rulesOn('nodes_proxy', { verb: 'create', requestURI: uri })).toContain(
      'exec_reads_credentials',
    )
  })
})

describe('failed authentication', () => {
  it('is found, though it has the stage ResponseStarted only, and no decision', () => {
    expect(rulesOn('authentication_failed')).toContain('authentication_failed')
  })
})

describe('anonymous requests', () => {
  const allowed = (uri: string) =>
    rulesOn('anonymous_list', { requestURI: uri, objectRef: null, verb: 'get' })

  it('for health are no alert, though they have no objectRef, and others are', () => {
    for (const uri of ['/livez', '/readyz', '/healthz', '/version'])
      expect(allowed(uri)).not.toContain('anonymous_request_allowed')
    expect(allowed('/metrics')).toContain('anonymous_request_allowed')
  })

  it('that were refused are not called allowed', () => {
    expect(rulesOn('anonymous_refused')).not.toContain('anonymous_request_allowed')
  })
})
