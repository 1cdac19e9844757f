import { describe, expect, it } from 'vitest'
import { parseGrant } from '../../src/audit/grant.ts'
import { observedBenign } from '../rbac/observe/events.ts'

describe('the reason of a decision', () => {
  it('names a cluster-wide binding, its role and the group', () => {
    expect(
      parseGrant(
        'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
      ),
    ).toEqual({
      binding: { kind: 'ClusterRoleBinding', name: 'system:discovery' },
      role: { kind: 'ClusterRole', name: 'system:discovery' },
      subject: { kind: 'Group', name: 'system:authenticated' },
    })
  })

  it('has the name first, then the namespace', () => {
    expect(
      parseGrant(
        'RBAC: allowed by RoleBinding "deploy/shop" of Role "deployer" to ServiceAccount "deployer/ci"',
      ),
    ).toEqual({
      binding: { kind: 'RoleBinding', name: 'deploy', namespace: 'shop' },
      role: { kind: 'Role', name: 'deployer' },
      subject: { kind: 'ServiceAccount', name: 'deployer', namespace: 'ci' },
    })
  })

  it('may quote quotes, and a user with a slash has no namespace', () => {
    expect(
      parseGrant(
        String.raw`RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "y" to User "a \"b\" to User \"c/d"`,
      )?.subject,
    ).toEqual({ kind: 'User', name: 'a "b" to User "c/d' })
  })

  it.each(['', 'no relationship found between node "a" and this object', 'RBAC: allowed by magic'])(
    'names no grant in %j',
    (text) => expect(parseGrant(text)).toBeUndefined(),
  )

  it('is understood wherever a recorded API server says RBAC', () => {
    const reasons = observedBenign()
      .profiles()
      .flatMap((profile) => profile.grants())
      .map(({ reason }) => reason)
    expect(reasons.length).toBeGreaterThan(50)
    expect(reasons.filter((reason) => parseGrant(reason) === undefined)).toEqual([])
  })
})
