import { describe, expect, it } from 'vitest'
import { rbacObjectsOf } from '../../../src/rbac/suggest/assemble.ts'
import { discoveryRoles } from '../../../src/rbac/suggest/discovery.ts'
import { prove } from '../../../src/rbac/suggest/proof.ts'
import { observed } from '../observe/events.ts'
import { suggestedFor } from './support.ts'

const alice = { kind: 'User', name: 'alice' } as const

describe('a replay', () => {
  it('finds what was used and is not allowed, and what was refused and is', () => {
    const wide = rbacObjectsOf(suggestedFor([{ verb: 'get', resource: 'secrets' }]).objects)
    const accesses = observed(
      { resource: 'secrets', namespace: 'a', name: 'x' },
      { resource: 'secrets', namespace: 'a', name: 'y', code: 403 },
      { resource: 'secrets', namespace: 'a', name: 'z', verb: 'delete' },
      { resource: 'secrets', namespace: 'a', name: 'z', verb: 'patch', code: 403 },
      { path: '/api' },
    )
      .profiles()
      .flatMap((profile) => profile.accesses())
    const { missing, surplus, ...counts } = prove(wide, accesses, alice)
    expect(counts).toEqual({
      used: 3,
      usedAllowed: 2,
      usedRequests: 3,
      wanted: 2,
      wantedAllowed: 1,
      wantedRequests: 2,
    })
    expect(missing.map(({ verb, name }) => [verb, name])).toEqual([['delete', 'z']])
    expect(surplus.map(({ verb, name }) => [verb, name])).toEqual([['get', 'y']])
  })

  it('does not hold against the objects what every cluster allows', () => {
    const accesses = observed({ path: '/api', code: 403 })
      .profiles()
      .flatMap((profile) => profile.accesses())
    const none = { ...discoveryRoles, clusterRoles: [], clusterRoleBindings: [] }
    expect(prove(none, accesses, alice)).toMatchObject({ wanted: 1, wantedAllowed: 0 })
  })
})
