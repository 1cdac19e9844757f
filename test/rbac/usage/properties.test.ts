import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAuthorizer } from '../../../src/rbac/authorize.ts'
import type { RbacObjects, RbacRule } from '../../../src/rbac/objects.ts'
import { rbacObjectsOf } from '../../../src/rbac/suggest/assemble.ts'
import { discoveryRoles } from '../../../src/rbac/suggest/discovery.ts'
import { requestOfAccess } from '../../../src/rbac/suggest/need.ts'
import { subjectOfUser } from '../../../src/rbac/suggest/subject.ts'
import { diffSubject } from '../../../src/rbac/usage/diff.ts'
import { observed, observedBenign, type SaidEvent } from '../observe/events.ts'
import { suggestionOf } from '../suggest/support.ts'
import { pruned } from './pruned.ts'
import { clusterUseOf } from './support.ts'

const some = (...words: readonly string[]) =>
  fc.uniqueArray(fc.constantFrom(...words), { minLength: 1, maxLength: 3 })
const resourceRule: fc.Arbitrary<RbacRule> = fc.record({
  verbs: some('get', 'list', 'create', '*'),
  apiGroups: some('', 'apps', '*'),
  resources: some('pods', 'pods/log', 'secrets', '*', '*/log'),
  resourceNames: fc.oneof(fc.constant([]), some('a', 'b')),
  nonResourceURLs: fc.constant([]),
})
const pathRule: fc.Arbitrary<RbacRule> = fc.record({
  verbs: some('get', '*'),
  apiGroups: fc.constant([]),
  resources: fc.constant([]),
  resourceNames: fc.constant([]),
  nonResourceURLs: some('/a', '/a*', '/b', '*'),
})
const rules = fc.array(fc.oneof({ weight: 4, arbitrary: resourceRule }, pathRule), { maxLength: 3 })
const namespaces = ['shop', 'ci']
const event: fc.Arbitrary<SaidEvent> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      verb: fc.constantFrom('get', 'list', 'create', 'delete'),
      resource: fc.constantFrom('pods', 'secrets'),
      apiGroup: fc.constantFrom('', 'apps'),
      subresource: fc.constantFrom('', 'log'),
      namespace: fc.constantFrom('', ...namespaces),
      name: fc.constantFrom('', 'a', 'b', 'c'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ verb: fc.constant('get'), path: fc.constantFrom('/a', '/ab', '/b') }),
  },
)

const meta = { labels: {}, annotations: {} }
const subjects = [{ kind: 'User', apiGroup: '', name: 'alice', namespace: '' }]

/** Two ClusterRoles bound cluster-wide, and a Role in each namespace. */
const objects: fc.Arbitrary<RbacObjects> = fc
  .tuple(rules, rules, rules, rules)
  .map(([first, second, ...local]) => {
    const ref = (kind: string, name: string) => ({ apiGroup: '', kind, name })
    return {
      clusterRoles: [first, second].map((each, index) => ({
        kind: 'ClusterRole',
        name: `c${index}`,
        ...meta,
        rules: each,
      })),
      clusterRoleBindings: [0, 1].map((index) => ({
        kind: 'ClusterRoleBinding',
        name: `c${index}`,
        ...meta,
        roleRef: ref('ClusterRole', `c${index}`),
        subjects,
      })),
      roles: namespaces.map((namespace, index) => ({
        kind: 'Role',
        name: 'r',
        namespace,
        ...meta,
        rules: local[index] ?? [],
      })),
      roleBindings: namespaces.map((namespace) => ({
        kind: 'RoleBinding',
        name: 'r',
        namespace,
        ...meta,
        roleRef: ref('Role', 'r'),
        subjects,
      })),
    }
  })

describe('whatever roles there are and whatever was done', () => {
  it('taking away all that is called unused refuses nothing that was used', () => {
    fc.assert(
      fc.property(objects, fc.array(event, { maxLength: 12 }), (all, events) => {
        const observation = observed(...events)
        const diff = diffSubject(subjectOfUser('alice'), clusterUseOf(all, observation))
        const alice = { name: 'alice', groups: ['system:authenticated'] }
        const [before, after] = [all, pruned(all, diff.grants)].map((each) =>
          createAuthorizer(each),
        )
        for (const access of observation.profiles().flatMap((profile) => profile.accesses())) {
          const request = requestOfAccess(access)
          expect(after?.authorize(alice, request).allowed).toBe(
            before?.authorize(alice, request).allowed,
          )
        }
        expect(diff.excess.used + diff.excess.excess).toBe(diff.excess.granted)
      }),
    )
  })
})

describe('what is suggested for recorded ordinary life', () => {
  const observation = observedBenign()
  const users = observation.profiles().map(({ user }) => user)
  const accounts = users.map(subjectOfUser).filter(({ kind }) => kind === 'ServiceAccount')

  it('is used whole by its account, and refuses nothing that was used', () => {
    const found = accounts.flatMap((account) => {
      const suggested = rbacObjectsOf(suggestionOf(observation, account).objects)
      const withDiscovery = {
        ...suggested,
        clusterRoles: [...suggested.clusterRoles, ...discoveryRoles.clusterRoles],
        clusterRoleBindings: [
          ...suggested.clusterRoleBindings,
          ...discoveryRoles.clusterRoleBindings,
        ],
      }
      const cluster = clusterUseOf(withDiscovery, observation)
      const { grants, refusedNow } = diffSubject(account, cluster)
      const idle = grants
        .flatMap(({ rules }) => rules)
        .filter(({ status, broader }) => status !== 'used' && broader.length === 0)
      return [...idle, ...refusedNow]
    })
    expect(accounts.length).toBeGreaterThan(20)
    expect(found).toEqual([])
  })
})
