import { describe, expect, it } from 'vitest'
import { readBuiltinRules } from '../corpus.ts'
import { apply, rulesOn } from './rules-on.ts'

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

describe('the life of a token', () => {
  it('is read, where a rule is about long-lived ones', () => {
    const long = { level: 'Request', 'requestObject.spec.expirationSeconds': 31_536_000 }
    expect(rulesOn('token_request', long)).toContain('long_lived_token_requested')
    const short = { level: 'Request', 'requestObject.spec.expirationSeconds': 600 }
    expect(rulesOn('token_request', short)).not.toContain('long_lived_token_requested')
  })
})
