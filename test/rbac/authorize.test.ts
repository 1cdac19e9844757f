import { describe, expect, it } from 'vitest'
import { createAuthorizer, describeGrant, type RbacUser } from '../../src/rbac/authorize.ts'
import { loadRbac } from '../../src/rbac/load.ts'
import type { AccessRequest } from '../../src/rbac/observe/access.ts'

const header = 'apiVersion: rbac.authorization.k8s.io/v1'
const alice: RbacUser = { name: 'alice', groups: ['devs', 'system:authenticated'] }

function asks(verb: string, resource: string, namespace = '', name = ''): AccessRequest {
  const [main = '', subresource = ''] = resource.split('/')
  const base = { verb, isResource: true, apiGroup: '', namespace, name, path: '' }
  return { ...base, resource: main, subresource }
}

function authorizerOf(...manifests: readonly string[]) {
  const text = manifests.map((manifest) => `${header}\n${manifest}`).join('\n---\n')
  return createAuthorizer(loadRbac([{ path: 'rbac.yaml', text }]).objects)
}

function clusterRole(name: string, rules: string): string {
  return `kind: ClusterRole\nmetadata: {name: ${name}}\nrules: ${rules}`
}

function clusterBinding(name: string, role: string, subjects: string): string {
  return `kind: ClusterRoleBinding\nmetadata: {name: ${name}}\nroleRef: {kind: ClusterRole, name: ${role}}\nsubjects: ${subjects}`
}

function binding(name: string, role: string, subjects: string): string {
  return `kind: RoleBinding\nmetadata: {name: ${name}, namespace: shop}\nroleRef: {${role}}\nsubjects: ${subjects}`
}

const readPods = '[{apiGroups: [""], resources: [pods], verbs: [get]}]'

describe('the RBAC authorizer', () => {
  it('asks ClusterRoleBindings first, then those of the namespace, and names the first subject that the user is', () => {
    const authorizer = authorizerOf(
      clusterRole('pods', readPods),
      binding('local', 'kind: ClusterRole, name: pods', '[{kind: User, name: alice}]'),
      clusterBinding('all', 'pods', '[{kind: Group, name: devs}, {kind: User, name: alice}]'),
    )
    expect(authorizer.authorize(alice, asks('get', 'pods', 'shop'))).toMatchObject({
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "all" of ClusterRole "pods" to Group "devs"',
    })
  })

  it('gives by a RoleBinding what is in its namespace, and no path', () => {
    const authorizer = authorizerOf(
      clusterRole(
        'r',
        '[{apiGroups: [""], resources: [pods], verbs: [get]}, {nonResourceURLs: [/a*], verbs: [get]}]',
      ),
      binding('b', 'kind: ClusterRole, name: r', '[{kind: ServiceAccount, name: web}]'),
    )
    const web = { name: 'system:serviceaccount:shop:web', groups: [] }
    expect(authorizer.authorize(web, asks('get', 'pods', 'shop'))).toMatchObject({
      reason:
        'RBAC: allowed by RoleBinding "b/shop" of ClusterRole "r" to ServiceAccount "web/shop"',
    })
    const denied = { allowed: false, reason: '' }
    expect(authorizer.authorize(web, asks('get', 'pods', 'other'))).toEqual(denied)
    expect(authorizer.authorize(web, asks('get', 'pods'))).toEqual(denied)
    const path = { ...asks('get', '', 'shop'), isResource: false, path: '/ab' }
    expect(authorizer.authorize(web, path)).toEqual(denied)
  })

  it('goes on behind bindings of roles that are not there, and names them in a refusal, each once', () => {
    const authorizer = authorizerOf(
      clusterBinding('a', 'gone', '[{kind: User, name: alice}]'),
      clusterBinding('b', 'gone', '[{kind: User, name: alice}]'),
      binding('c', 'kind: Role, name: pods', '[{kind: User, name: alice}]'),
      binding('d', 'kind: Rolle, name: pods', '[{kind: User, name: alice}]'),
      clusterRole('pods', readPods),
      binding('e', 'kind: ClusterRole, name: pods', '[{kind: User, name: alice}]'),
    )
    expect(authorizer.authorize(alice, asks('get', 'pods', 'shop'))).toMatchObject({
      allowed: true,
    })
    expect(authorizer.authorize(alice, asks('list', 'pods'))).toEqual({
      allowed: false,
      reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
    })
    expect(authorizer.authorize(alice, asks('list', 'pods', 'shop'))).toEqual({
      allowed: false,
      reason:
        'RBAC: [clusterrole.rbac.authorization.k8s.io "gone" not found, role.rbac.authorization.k8s.io "pods" not found, unsupported role reference kind: "Rolle"]',
    })
  })

  it('is not asked about members of system:masters', () => {
    const root = { name: 'root', groups: ['system:masters'] }
    expect(authorizerOf(clusterRole('r', '[]')).authorize(root, asks('get', 'pods'))).toEqual({
      allowed: true,
      reason: '',
    })
  })

  it('tells all that a user holds in a namespace', () => {
    const authorizer = authorizerOf(
      clusterRole('pods', readPods),
      clusterBinding('all', 'gone', '[{kind: Group, name: devs}]'),
      binding('local', 'kind: ClusterRole, name: pods', '[{kind: User, name: alice}]'),
    )
    const grants = authorizer.forUser(alice).grants('shop')
    expect(grants.map((grant) => ('error' in grant ? grant.error : describeGrant(grant)))).toEqual([
      'clusterrole.rbac.authorization.k8s.io "gone" not found',
      'RoleBinding "local/shop" of ClusterRole "pods" to User "alice"',
    ])
    expect(authorizer.forUser(alice).grants('other')).toHaveLength(1)
    expect(authorizer.forUser(alice).allGrants()).toEqual(grants)
  })
})

describe('a rule', () => {
  it.each([
    ['verbs: ["*"], apiGroups: [""], resources: [pods]', asks('brew', 'pods'), true],
    ['verbs: [GET], apiGroups: [""], resources: [pods]', asks('get', 'pods'), false],
    ['verbs: [get], apiGroups: [], resources: [pods]', asks('get', 'pods'), false],
    ['verbs: [get], apiGroups: ["*"], resources: [pods]', asks('get', 'pods/log'), false],
    ['verbs: [get], apiGroups: ["*"], resources: ["*/log"]', asks('get', 'pods/log'), true],
    ['verbs: [get], apiGroups: ["*"], resources: ["pods/*"]', asks('get', 'pods/log'), false],
    ['verbs: [get], apiGroups: ["*"], resources: ["*/*"]', asks('get', 'pods/log'), false],
    ['verbs: [get], apiGroups: ["*"], resources: ["*"]', asks('get', 'pods/log'), true],
    ['verbs: [get], apiGroups: ["*"], resources: ["*/"]', asks('get', 'pods'), false],
    [
      'verbs: [get], apiGroups: [""], resources: [pods], resourceNames: [a]',
      asks('get', 'pods', '', 'a'),
      true,
    ],
    [
      'verbs: [list], apiGroups: [""], resources: [pods], resourceNames: [a]',
      asks('list', 'pods'),
      false,
    ],
    [
      'verbs: [list], apiGroups: [""], resources: [pods], resourceNames: [""]',
      asks('list', 'pods'),
      true,
    ],
  ])('{%s} for %j: %s', (rule, request, allowed) => {
    const authorizer = authorizerOf(
      clusterRole('r', `[{${rule}}]`),
      clusterBinding('b', 'r', '[{kind: User, name: alice}]'),
    )
    expect(authorizer.authorize(alice, request).allowed).toBe(allowed)
  })

  it.each([
    ['*', '', true],
    ['/a*', '/abc', true],
    ['/a**', '/abc', true],
    ['/a/*', '/a', false],
    ['/a*b', '/acb', false],
    ['/a', '/a/', false],
  ])('for the path %j takes %j: %s', (url, path, allowed) => {
    const authorizer = authorizerOf(
      clusterRole('r', `[{nonResourceURLs: ["${url}"], verbs: [get]}]`),
      clusterBinding('b', 'r', '[{kind: User, name: alice}]'),
    )
    const request = { ...asks('get', ''), isResource: false, path }
    expect(authorizer.authorize(alice, request).allowed).toBe(allowed)
  })
})

describe('an aggregated ClusterRole', () => {
  const labelled = (name: string, labels: string, resource: string): string =>
    `kind: ClusterRole\nmetadata: {name: ${name}, labels: ${labels}}\nrules: [{apiGroups: [""], resources: [${resource}], verbs: [get]}]`
  const aggregated = (selectors: string, extra = '' as string | number): string =>
    `kind: ClusterRole\nmetadata: {name: sum${extra}}\naggregationRule: {clusterRoleSelectors: ${selectors}}`
  const allowed = (...manifests: readonly string[]): string[] => {
    const bound = clusterBinding('b', 'sum', '[{kind: User, name: alice}]')
    const authorizer = authorizerOf(...manifests, bound)
    return ['pods', 'secrets', 'nodes'].filter(
      (resource) => authorizer.authorize(alice, asks('get', resource)).allowed,
    )
  }
  const roles = [labelled('a', '{x: "1"}', 'pods'), labelled('b', '{x: "2", w: z}', 'secrets')]

  it.each([
    ['[{matchLabels: {x: "1"}}]', ['pods']],
    ['[{matchLabels: {x: "1"}}, {matchLabels: {w: z}}]', ['pods', 'secrets']],
    ['[{}]', ['pods', 'secrets']],
    ['[{matchExpressions: [{key: x, operator: In, values: ["2", "3"]}]}]', ['secrets']],
    ['[{matchExpressions: [{key: w, operator: NotIn, values: [z]}]}]', ['pods']],
    ['[{matchExpressions: [{key: w, operator: Exists}]}]', ['secrets']],
    ['[{matchExpressions: [{key: w, operator: DoesNotExist}]}]', ['pods']],
    ['[{matchLabels: {x: "1"}}, {matchExpressions: [{key: w, operator: exists}]}]', []],
    ['[]', []],
  ])('without rules has those of what %s selects', (selectors, expected) =>
    expect(allowed(...roles, aggregated(selectors))).toEqual(expected),
  )

  it('keeps rules that are there', () => {
    const filled = `${aggregated('[{matchLabels: {x: "1"}}]')}\nrules: [{apiGroups: [""], resources: [nodes], verbs: [get]}]`
    expect(allowed(...roles, filled)).toEqual(['nodes'])
  })

  it('may select one that is aggregated itself, in a circle too', () => {
    const inner = aggregated('[{matchLabels: {x: "1"}}, {matchLabels: {in: sum}}]', 2).replace(
      'sum2',
      'sum2, labels: {in: sum}',
    )
    const outer = aggregated('[{matchLabels: {in: sum}}]').replace(
      'sum}',
      'sum, labels: {in: sum}}',
    )
    expect(allowed(outer, inner, ...roles)).toEqual(['pods'])
  })
})
