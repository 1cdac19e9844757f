import { describe, expect, it } from 'vitest'
import { toAuditEvent } from '../../src/audit/event.ts'
import type { Expr, FieldExpr } from '../../src/contracts.ts'
import { applyChanges, parseChangePath } from '../../src/detect/change.ts'
import { auditRules } from '../../src/detect/logsource.ts'
import { needsOf } from '../../src/policy/rule-needs.ts'
import { alertsOn, createBuiltinRuleSet, readBaseEvents, readBuiltinRules } from './corpus.ts'

/** What public rule sets get wrong, and what these rules therefore have to get right: one test for each. */
const ruleSet = createBuiltinRuleSet()
const bases = readBaseEvents()

/** The rules that match a base event with changes, as in test files. */
function rulesOn(base: string, changes: Readonly<Record<string, unknown>> = {}): string[] {
  const paths = Object.entries(changes).map(
    ([path, value]) => [parseChangePath(path) ?? expect.fail(path), value] as const,
  )
  const changed = applyChanges(bases.get(base) ?? expect.fail(`no base event ${base}`), paths)
  if (typeof changed === 'string') expect.fail(changed)
  const event = toAuditEvent(changed, { cluster: 'test', receivedAtMs: 0 })
  return ruleSet.matchEvent(event).map(({ rule }) => rule.name ?? rule.title)
}

const privileged = { securityContext: { privileged: true } }
const apply = { verb: 'patch', 'responseStatus.code': 201 }

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
      ({ rule }) => rule.name === 'port_forward' || rule.name === 'pod_exec',
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

describe('a pod that takes over its node', () => {
  const found = 'privileged_container'

  it('is found in each list of containers', () => {
    for (const list of ['containers', 'initContainers'])
      expect(rulesOn('pod_create', { [`requestObject.spec.${list}`]: [privileged] })).toContain(
        found,
      )
    const added = { 'requestObject.spec.ephemeralContainers': [privileged], level: 'Request' }
    expect(rulesOn('ephemeral_container', added)).toContain(found)
  })

  it('is found in the second container as in the first', () => {
    expect(rulesOn('pod_create', { 'requestObject.spec.containers': [{}, privileged] })).toContain(
      found,
    )
  })

  it.each([
    ['deployments', 'apps', 'spec.template'],
    ['statefulsets', 'apps', 'spec.template'],
    ['daemonsets', 'apps', 'spec.template'],
    ['replicasets', 'apps', 'spec.template'],
    ['replicationcontrollers', null, 'spec.template'],
    ['jobs', 'batch', 'spec.template'],
    ['cronjobs', 'batch', 'spec.jobTemplate.spec.template'],
    ['podtemplates', null, 'template'],
  ])('is found in the template of %s', (resource, apiGroup, path) => {
    const changes = {
      'objectRef.resource': resource,
      'objectRef.apiGroup': apiGroup,
      [`requestObject.${path}`]: { spec: { containers: [privileged] } },
    }
    expect(rulesOn('deployment_create', changes)).toContain(found)
  })

  it('is found when it is made by server-side apply, by PUT, or by a later edit', () => {
    const spec = { 'requestObject.spec.containers': [privileged] }
    for (const change of [
      apply,
      { ...apply, verb: 'update' },
      { ...apply, 'responseStatus.code': 200 },
    ])
      expect(rulesOn('pod_create', { ...spec, ...change })).toContain(found)
  })

  it('is found in a JSON patch', () => {
    const requestObject = [
      {
        op: 'add',
        path: '/spec/template/spec/containers/0/securityContext/privileged',
        value: true,
      },
    ]
    const changes = { verb: 'patch', 'responseStatus.code': 200, requestObject }
    expect(rulesOn('deployment_create', changes)).toContain(found)
  })

  it('is found whatever owner it claims', () => {
    const owners = [{ kind: 'ReplicaSet', name: 'web', controller: true }]
    const changes = {
      'requestObject.metadata.ownerReferences': owners,
      'requestObject.spec.containers': [privileged],
    }
    expect(rulesOn('pod_create', changes)).toContain(found)
  })

  it('is told from a container that may only gain privileges', () => {
    const context = { securityContext: { allowPrivilegeEscalation: true } }
    expect(rulesOn('pod_create', { 'requestObject.spec.containers': [context] })).not.toContain(
      found,
    )
  })

  it('is found without the annotation that kubectl apply leaves', () => {
    expect(rulesOn('pod_create', { 'requestObject.spec.containers': [privileged] })).toContain(
      found,
    )
  })

  it.each(['/etc', '/etc/', '//etc', '/var/../etc/.', '/etc/kubernetes/../'])(
    'is found by the path %s of its node, however that is written',
    (path) => {
      const volumes = [{ name: 'host', hostPath: { path } }]
      expect(rulesOn('pod_create', { 'requestObject.spec.volumes': volumes })).toContain(
        'sensitive_host_path',
      )
    },
  )
})

describe('rights that are given away', () => {
  const toAdmin = { 'requestObject.roleRef.name': 'cluster-admin' }

  it('are found by the role, not by the name of the binding', () => {
    expect(rulesOn('cluster_role_binding_create', toAdmin)).toContain('cluster_admin_binding')
    expect(
      rulesOn('cluster_role_binding_create', { 'objectRef.name': 'cluster-admin' }),
    ).not.toContain('cluster_admin_binding')
  })

  it('are found in a RoleBinding as in a ClusterRoleBinding, and in a Role as in a ClusterRole', () => {
    expect(
      rulesOn('cluster_role_binding_create', {
        ...toAdmin,
        'objectRef.resource': 'rolebindings',
        'objectRef.namespace': 'shop',
      }),
    ).toContain('cluster_admin_binding')
    expect(
      rulesOn('cluster_role_create', {
        'objectRef.resource': 'roles',
        'requestObject.rules.0.verbs': ['escalate'],
      }),
    ).toContain('escalation_right_granted')
  })

  it('are found when they are given by PUT, by apply, by a later change, or by a JSON patch', () => {
    for (const change of [
      { verb: 'update', 'responseStatus.code': 201 },
      { verb: 'update', 'responseStatus.code': 200 },
      apply,
    ])
      expect(rulesOn('cluster_role_binding_create', { ...toAdmin, ...change })).toContain(
        'cluster_admin_binding',
      )
    const requestObject = [{ op: 'add', path: '/rules/-', value: { verbs: ['bind'] } }]
    const patched = { verb: 'patch', 'responseStatus.code': 200, requestObject }
    expect(rulesOn('cluster_role_create', patched)).toContain('escalation_right_granted')
  })

  it('to a service account are found in the subjects of the binding', () => {
    const changes = { 'requestObject.subjects.0.name': 'default' }
    expect(rulesOn('cluster_role_binding_create', changes)).toContain(
      'default_service_account_bound',
    )
  })

  it('and taken again at once are found by what was done in between', () => {
    const names = readBuiltinRules().rules.map(({ name }) => name)
    expect(names).toContain('binding_made_and_removed')
  })
})

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

describe('nobody is left out by a prefix of the name', () => {
  it.each([
    'system:anonymous',
    'system:node:worker-1',
    'system:serviceaccount:kube-system:x',
    'gke-x',
    'azure-x',
  ])('%s is seen when it lists all secrets', (username) => {
    const changes = {
      'user.username': username,
      verb: 'list',
      requestURI: '/api/v1/secrets',
    }
    expect(rulesOn('secret_list', changes)).toContain('secrets_listed_in_all_namespaces')
  })
})

describe('what is deleted', () => {
  it.each(['delete', 'deletecollection'])('is found under the verb %s', (verb) => {
    const changes = { verb, 'objectRef.resource': 'events', 'objectRef.apiGroup': null }
    expect(rulesOn('object_change', { ...changes, 'responseStatus.code': 200 })).toContain(
      'events_deleted',
    )
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

describe('the life of a token', () => {
  it('is read, where a rule is about long-lived ones', () => {
    const long = { level: 'Request', 'requestObject.spec.expirationSeconds': 31_536_000 }
    expect(rulesOn('token_request', long)).toContain('long_lived_token_requested')
    const short = { level: 'Request', 'requestObject.spec.expirationSeconds': 600 }
    expect(rulesOn('token_request', short)).not.toContain('long_lived_token_requested')
  })
})

describe('what no public set handles', () => {
  it('is handled: a dry run is no change', () => {
    const requestURI = '/api/v1/namespaces/shop/pods?dryRun=All'
    const changes = { requestURI, 'requestObject.spec.containers': [privileged] }
    expect(rulesOn('pod_create', changes)).toEqual([])
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

describe('the fields of a rule', () => {
  it('are those of events: what a rule asks for can stand in one', () => {
    const impossible = auditRules(readBuiltinRules().rules).filter(
      (rule) => needsOf(rule).length === 0,
    )
    expect(impossible.map(({ name }) => name)).toEqual([])
  })

  it('hold values that the API server sends: no verb `replace`, no code `ALLOW`', () => {
    const verbs = new Set('get list watch create update patch delete deletecollection'.split(' '))
    const leaves = auditRules(readBuiltinRules().rules).flatMap(({ condition }) => [
      ...leavesOf(condition),
    ])
    const asked = (path: string): string[] =>
      leaves.flatMap((leaf) => (leaf.path === path ? (leaf.test.onlyEquals ?? []) : []))
    expect(asked('verb').filter((verb) => !verbs.has(verb))).toEqual([])
    expect(asked('responseStatus.code').filter((code) => !/^[1-5][0-9]{2}$/.test(code))).toEqual([])
    expect(asked('level')).toEqual([])
    expect(
      asked('annotations.authorization.k8s.io/decision').filter(
        (d) => !/^(?:allow|forbid)$/.test(d),
      ),
    ).toEqual([])
  })
})

function* leavesOf(expr: Expr): Iterable<FieldExpr> {
  if (expr.kind === 'field') yield expr
  else if (expr.kind === 'not') yield* leavesOf(expr.item)
  else if (expr.kind === 'and' || expr.kind === 'or')
    for (const item of expr.items) yield* leavesOf(item)
}
