import { describe, expect, it } from 'vitest'
import type { ObservedAccess } from '../../../src/rbac/observe/access.ts'
import { Observation } from '../../../src/rbac/observe/observation.ts'
import { maxProfileRows, profileWeight } from '../../../src/rbac/observe/profile.ts'
import { maxNames, maxRows } from '../../../src/rbac/observe/shape.ts'
import { auditEvent, observed, observedBenign, type SaidEvent } from './events.ts'

const alice = 'alice'
const robot = 'system:serviceaccount:ci:robot'

function accessesOf(observation: Observation, user = alice): ObservedAccess[] {
  return observation.profile('default', user)?.accesses() ?? []
}

/** `used get pods web in shop ×2`, sorted. */
function told(observation: Observation, user = alice): string[] {
  const lines = accessesOf(observation, user).map(
    ({ outcome, verb, isResource, apiGroup, resource, subresource, path, ...row }) => {
      const what = [resource, subresource].filter(Boolean).join('/') + (apiGroup && `.${apiGroup}`)
      const name = row.name === null ? ' *' : row.name && ` ${row.name}`
      const namespace = row.namespace === null ? ' in *' : row.namespace && ` in ${row.namespace}`
      return `${outcome} ${verb} ${isResource ? what : path}${name}${namespace} ×${row.requests}`
    },
  )
  return lines.sort()
}

describe('an access profile', () => {
  it('tells used, wanted and failed requests apart, and counts none that nobody was asked about', () => {
    const observation = observed(
      { namespace: 'shop', name: 'web' },
      { namespace: 'shop', name: 'web' },
      { namespace: 'shop', name: 'gone', code: 404 },
      { resource: 'secrets', namespace: 'shop', name: 'key', code: 403 },
      { namespace: 'shop', name: 'web', code: 429, decision: null },
      { user: null, code: 401, decision: null },
    )
    expect(told(observation)).toEqual([
      'failed get pods gone in shop ×1',
      'used get pods web in shop ×2',
      'wanted get secrets key in shop ×1',
    ])
    expect(observation.profile('default', alice)?.unjudged).toBe(1)
    expect(observation.profiles().map(({ user }) => user)).toEqual([alice])
  })

  it('counts a request once, whatever its stages', () => {
    const watch = { verb: 'watch', namespace: 'shop', auditId: 'w' }
    const observation = observed(
      { ...watch, stage: 'RequestReceived', second: 1 },
      { ...watch, stage: 'ResponseStarted', second: 1 },
      { ...watch, stage: 'ResponseComplete', second: 60 },
      { ...watch, auditId: 'x', stage: 'ResponseStarted', second: 61 },
    )
    expect(told(observation)).toEqual(['used watch pods in shop ×2'])
    expect(accessesOf(observation)[0]).toMatchObject({
      firstSeenUs: Date.UTC(2026, 2, 1, 10, 0, 1) * 1000,
      lastSeenUs: Date.UTC(2026, 2, 1, 10, 1, 1) * 1000,
      samples: ['w', 'x'],
    })
  })

  it('has nothing of a request that got no answer', () => {
    expect(observed({ stage: 'RequestReceived', namespace: 'shop' }).profiles()).toEqual([])
  })

  it('has the request as the authorizer saw it', () => {
    const observation = observed(
      // The name came from the body.
      { verb: 'create', resource: 'configmaps', namespace: 'shop', name: 'made' },
      // So did the namespace.
      {
        verb: 'create',
        resource: 'clusterroles',
        apiGroup: 'rbac.authorization.k8s.io',
        namespace: 'lie',
        uri: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
      },
      { verb: 'create', subresource: 'exec', namespace: 'shop', name: 'web', code: 101 },
      { verb: 'list', resource: 'secrets', namespace: 'shop', name: 'chosen' },
      { verb: 'deletecollection', namespace: 'shop' },
      { path: '/metrics/x?token=1' },
    )
    expect(told(observation)).toEqual([
      'used create clusterroles.rbac.authorization.k8s.io ×1',
      'used create configmaps in shop ×1',
      'used create pods/exec web in shop ×1',
      'used deletecollection pods in shop ×1',
      'used get /metrics/x ×1',
      'used list secrets chosen in shop ×1',
    ])
  })

  it('of the effective user gets the request, that of the caller the right to impersonate', () => {
    const impersonated = {
      username: robot,
      groups: ['system:serviceaccounts', 'system:serviceaccounts:ci', 'system:authenticated'],
    }
    const observation = observed(
      { impersonated, namespace: 'ci', name: 'a' },
      {
        impersonated: {
          username: 'bob',
          uid: '7',
          groups: ['dev', 'system:authenticated'],
          extra: { scope: ['x'] },
        },
        code: 403,
        namespace: 'ci',
        name: 'b',
      },
    )
    expect(told(observation, robot)).toEqual(['used get pods a in ci ×1'])
    expect(told(observation, 'bob')).toEqual(['wanted get pods b in ci ×1'])
    expect(told(observation)).toEqual([
      'used impersonate groups dev ×1',
      'used impersonate serviceaccounts robot in ci ×1',
      'used impersonate uids.authentication.k8s.io 7 ×1',
      'used impersonate userextras/scope.authentication.k8s.io x ×1',
      'used impersonate users bob ×1',
    ])
  })

  it('knows the constrained ways to impersonate', () => {
    const constrained = (impersonationConstraint: string) => ({
      more: { authenticationMetadata: { impersonationConstraint } },
    })
    const observation = observed(
      {
        impersonated: { username: 'bob' },
        namespace: 'ci',
        ...constrained('impersonate:user-info'),
      },
      {
        impersonated: {
          username: 'system:node:n1',
          groups: ['system:nodes', 'system:authenticated'],
        },
        namespace: 'ci',
        ...constrained('impersonate:arbitrary-node'),
      },
      {
        impersonated: {
          username: 'system:node:n2',
          groups: ['system:nodes', 'system:authenticated'],
        },
        namespace: 'ci',
        ...constrained('impersonate:associated-node'),
      },
    )
    expect(told(observation)).toEqual([
      'used impersonate-on:arbitrary-node:get pods in ci ×1',
      'used impersonate-on:associated-node:get pods in ci ×1',
      'used impersonate-on:user-info:get pods in ci ×1',
      'used impersonate:arbitrary-node nodes.authentication.k8s.io n1 ×1',
      'used impersonate:associated-node nodes.authentication.k8s.io ×1',
      'used impersonate:user-info users.authentication.k8s.io bob ×1',
    ])
  })

  it('says of a refused impersonation what was refused, not what it was for', () => {
    const refused = (message: string): SaidEvent => ({
      path: '/api',
      code: 403,
      decision: null,
      message,
    })
    const observation = observed(
      refused('forbidden: User "alice" cannot impersonate-on:user-info:get path "/api"'),
      refused(
        'users "root" is forbidden: User "alice" cannot impersonate resource "users" in API group "" at the cluster scope',
      ),
      refused(
        'serviceaccounts "r" is forbidden: User "alice" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "ci"',
      ),
    )
    expect(told(observation)).toEqual([
      'wanted impersonate serviceaccounts r in ci ×1',
      'wanted impersonate users root ×1',
      'wanted impersonate-on:user-info:get /api ×1',
    ])
  })

  it('keeps groups, cloud identities and the bindings that allowed', () => {
    const reason = 'RBAC: allowed by RoleBinding "b/shop" of Role "r" to Group "dev"'
    const observation = observed({
      groups: ['dev', 'system:authenticated'],
      namespace: 'shop',
      reason,
      more: {
        user: {
          username: alice,
          groups: ['dev', 'system:authenticated'],
          extra: {
            arn: ['arn:aws:iam::111122223333:role/dev'],
            'authentication.kubernetes.io/pod-name': ['p'],
          },
        },
      },
    })
    const profile = observation.profile('default', alice)
    expect(profile?.groups.texts).toEqual(['dev', 'system:authenticated'])
    expect(profile?.identities.texts).toEqual(['arn=arn:aws:iam::111122223333:role/dev'])
    expect(profile?.grants().map(({ reason: told, requests }) => [told, requests])).toEqual([
      [reason, 1],
    ])
    expect(accessesOf(observation)[0]?.reasons).toEqual([reason])
  })
})

describe('the memory of an observation', () => {
  it('does not grow with the number of names', () => {
    const observation = new Observation()
    for (let i = 0; i < 20_000; i++)
      observation.add(auditEvent({ resource: 'secrets', namespace: 'shop', name: `s${i}` }))
    expect(told(observation)).toEqual(['used get secrets * in shop ×20000'])
  })

  it('tells so many names apart, then so many namespaces, then none but an only name', () => {
    const names = Array.from({ length: maxNames }, (_, i) => ({ namespace: 'a', name: `n${i}` }))
    expect(accessesOf(observed(...names))).toHaveLength(maxNames)
    expect(told(observed(...names, { namespace: 'a', name: 'more' }))).toEqual([
      `used get pods * in a ×${maxNames + 1}`,
    ])
    const namespaces = Array.from({ length: maxRows + 1 }, (_, i) => ({
      namespace: `a${i}`,
      name: 'x',
    }))
    expect(accessesOf(observed(...namespaces.slice(1)))).toHaveLength(maxRows)
    expect(told(observed(...namespaces))).toEqual([`used get pods x in * ×${maxRows + 1}`])
    expect(told(observed(...namespaces, { namespace: 'a0', name: 'y' }))).toEqual([
      `used get pods * in * ×${maxRows + 2}`,
    ])
  })

  it('keeps what was used apart from what was tried in vain', () => {
    const tried = Array.from({ length: 100 }, (_, i) => ({
      namespace: 'a',
      name: `n${i}`,
      code: 403,
    }))
    expect(told(observed({ namespace: 'a', name: 'own' }, ...tried))).toEqual([
      'used get pods own in a ×1',
      'wanted get pods * in a ×100',
    ])
  })

  it('keeps a bounded part of endless kinds, and says so', () => {
    const observation = new Observation()
    for (let i = 0; i < 3 * maxProfileRows; i++) observation.add(auditEvent({ resource: `r${i}` }))
    const profile = observation.profile('default', alice)
    expect(profile?.isCut).toBe(true)
    expect(profile?.accesses()).toHaveLength(maxProfileRows)
    expect(profile?.requests).toBe(3 * maxProfileRows)
  })

  it('counts among rows, so that many users of a request each are bounded as few of many are', () => {
    const observation = new Observation({ maxRows: 10 * (profileWeight + 1) })
    for (let i = 0; i < 1000; i++) observation.add(auditEvent({ user: `user-${i}` }))
    expect(observation.profiles()).toHaveLength(10)
    expect(observation.isCut).toBe(true)
  })

  it('takes no text longer than any name is', () => {
    const long = 'x'.repeat(100_000)
    const observation = observed(
      { name: long, namespace: 'a' },
      { resource: long, subresource: long, namespace: long, verb: long, apiGroup: long },
      { path: `/${long}` },
      { user: long },
    )
    expect(JSON.stringify(observation.toValue()).length).toBeLessThan(20_000)
    expect(told(observation)).toContain('used get pods * in a ×1')
  })
})

describe('the observed window', () => {
  it('has its gaps', () => {
    const [window] = observed(
      { second: 0 },
      { second: 30 },
      { second: 1800 },
      { second: 1830 },
    ).windows()
    const minute = (n: number) => Date.UTC(2026, 2, 1, 10, n) * 1000
    expect(window?.gaps()).toEqual([{ fromUs: minute(1), toUs: minute(30) }])
    expect(window?.lengthUs).toBe(1_830_000_000)
  })

  it('has none where the recorded cluster was watched', () => {
    const value = observedBenign().windows()[0]?.toValue()
    expect(value?.stages).toEqual({ ResponseComplete: 22_584, ResponseStarted: 1112 })
    expect(value?.auditLevels).toEqual({ Metadata: 23_696 })
  })
})
