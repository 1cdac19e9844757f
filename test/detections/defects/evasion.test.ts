import { describe, expect, it } from 'vitest'
import { auditRules } from '../../../src/detect/logsource.ts'
import { readBuiltinRules } from '../corpus.ts'
import { privileged, rulesOn } from './rules-on.ts'

describe('what a client chooses', () => {
  it('does not silence a rule by its user agent', () => {
    const agents = ['kubernetes/$Format', 'elastic-agent', 'Helm/3.13.2', 'x-operator', 'karpenter']
    for (const userAgent of agents) {
      expect(rulesOn('pod_exec', { userAgent })).toContain('pod_exec')
      expect(
        rulesOn('cluster_role_create', { userAgent, 'requestObject.rules.0.verbs': ['bind'] }),
      ).toContain('escalation_right_granted')
    }
  })

  it('does not silence a rule by words in the URL', () => {
    const uri =
      '/api/v1/nodes/a/proxy/run/shop/cart/web?cmd=id&metrics=healthz&configz=stats/summary'
    expect(rulesOn('nodes_proxy', { verb: 'create', requestURI: uri })).toContain(
      'kubelet_command_through_proxy',
    )
  })

  it('does not silence a rule by the name of a service account or of an object', () => {
    for (const name of ['x-operator', 'x-webhook', 'argocd', 'x-cainjector'])
      expect(
        rulesOn('object_change', {
          'objectRef.resource': 'validatingwebhookconfigurations',
          'objectRef.apiGroup': 'admissionregistration.k8s.io',
          'objectRef.name': name,
          'user.username': `system:serviceaccount:default:${name}`,
        }),
      ).toContain('webhook_configuration_changed')
  })

  it('does not move a rule on addresses: only the last one counts', () => {
    const machine = { 'user.username': 'system:serviceaccount:shop:web' }
    const found = 'machine_identity_from_public_address'
    expect(rulesOn('secret_get', { ...machine, sourceIPs: ['10.0.0.1', '203.0.113.9'] })).toContain(
      found,
    )
    expect(
      rulesOn('secret_get', { ...machine, sourceIPs: ['203.0.113.9', '10.0.0.1'] }),
    ).not.toContain(found)
  })
})

describe('what no public set handles', () => {
  it('is handled: a dry run is no change', () => {
    const requestURI = '/api/v1/namespaces/shop/pods?dryRun=All'
    const changes = { requestURI, 'requestObject.spec.containers': [privileged] }
    // Who probes by many of them is told of: this one only counts them.
    expect(rulesOn('pod_create', changes)).toEqual(['pods_tried_by_dry_run_try'])
  })

  it('is handled: what only says to be a dry run is told of', () => {
    const requestURI = '/api/v1/namespaces/kube-system/secrets/admin?dryRun=All'
    const secret = { 'objectRef.namespace': 'kube-system', 'objectRef.name': 'admin', requestURI }
    // With a body, the API server deletes; without a right to read, it answers with all of them.
    expect(rulesOn('secret_get', { ...secret, verb: 'deletecollection' })).toEqual(
      expect.arrayContaining([
        'collection_deleted',
        'deletion_disguised_as_dry_run',
        'secrets_read_by_dry_run_deletion',
      ]),
    )
    expect(rulesOn('secret_get', { ...secret, verb: 'patch' })).toContain('secret_read_by_dry_run')
    // The token is issued, and good.
    expect(rulesOn('token_request', { requestURI: '/x?dryRun=All' })).toContain('token_requested')
  })

  it('is handled: old paths, percent-encoding and selectors change nothing', () => {
    const path = '/api/v1/namespaces/shop/pods/web-0/'
    const encoded = `${path}%65xec?command=%63at&command=%2Fvar%2Frun%2Fsecrets/kubernetes.io/serviceaccount/token`
    expect(rulesOn('pod_exec', { requestURI: encoded })).toContain('exec_reads_credentials')
    const run = '/api/v1/nodes/worker-1:10250/proxy/%72un/shop/web-0/main?cmd=id'
    expect(
      rulesOn('nodes_proxy', { requestURI: run, 'objectRef.name': 'worker-1:10250' }),
    ).toContain('kubelet_command_through_proxy')
    const kubeSystem = { 'objectRef.namespace': 'kube-system', 'objectRef.name': 'admin' }
    for (const [verb, requestURI] of [
      ['watch', '/api/v1/watch/namespaces/kube-system/secrets/admin'],
      ['list', '/api/v1/namespaces/kube-system/secrets?fieldSelector=metadata.name%3Dadmin'],
    ])
      expect(rulesOn('secret_get', { ...kubeSystem, verb, requestURI })).toContain(
        'secret_read_in_kube_system',
      )
  })

  it('is handled: refusals after authorization, by what refused', () => {
    expect(rulesOn('escalation_refused')).toContain('rbac_escalation_refused')
    const message =
      'pods "toolbox" is forbidden: violates PodSecurity "baseline:latest": privileged (container "main" must not set securityContext.privileged=true)'
    expect(
      rulesOn('pod_create', { 'responseStatus.code': 403, 'responseStatus.message': message }),
    ).toContain('pod_security_refused')
  })

  it('is handled: annotations of Pod Security, and webhooks that failed open', () => {
    const violation = 'would violate PodSecurity "baseline:latest": privileged (container "main" …)'
    expect(
      rulesOn('pod_create', {
        'annotations."pod-security.kubernetes.io/audit-violations"': violation,
      }),
    ).toContain('pod_security_violation_audited')
    const key = 'annotations."failed-open.validating.webhook.admission.k8s.io/round_0_index_3"'
    expect(rulesOn('pod_create', { [key]: 'v.example.com' })).toContain('webhook_failed_open')
  })

  it('is handled: credentials by their ids, over requests', () => {
    const reading = auditRules(readBuiltinRules().rules).filter(({ condition }) =>
      JSON.stringify(condition).includes('"credential.'),
    )
    expect(reading.length).toBeGreaterThan(5)
  })
})
