import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAuthorizer } from '../../src/rbac/authorize.ts'
import { loadRbac } from '../../src/rbac/load.ts'
import type { RbacObjects, RbacRule } from '../../src/rbac/objects.ts'
import type { AccessRequest } from '../../src/rbac/observe/access.ts'
import { rbacObjectsOf } from '../../src/rbac/suggest/assemble.ts'
import { discoveryOf, leastUser } from '../../src/rbac/suggest/proof.ts'
import { renderYaml } from '../../src/rbac/suggest/render-yaml.ts'
import type { Suggestion } from '../../src/rbac/suggest/suggest.ts'
import type { SaidEvent } from '../rbac/observe/events.ts'
import { suggestedFor } from '../rbac/suggest/support.ts'

const user = 'system:serviceaccount:ci:robot'
const alice = { kind: 'ServiceAccount', name: user } as const

/** Few values, so that requests meet: in rules, in namespaces, and against those that were refused. */
const resourceEvent = fc
  .record({
    verb: fc.constantFrom('get', 'list', 'create', 'patch', 'delete', 'deletecollection'),
    resource: fc.constantFrom('pods', 'configmaps', 'nodes'),
    apiGroup: fc.constantFrom('', '', 'apps'),
    subresource: fc.constantFrom('', '', '', 'exec', 'status'),
    namespace: fc.constantFrom('', 'a', 'b', 'c'),
    name: fc.constantFrom('', 'x', 'y', 'z', 'w'),
    code: fc.constantFrom(200, 200, 201, 404, 409, 403),
  })
  .map((said): SaidEvent => ({ user, ...said }))
const pathEvent = fc
  .record({
    verb: fc.constantFrom('get', 'post'),
    path: fc.constantFrom('/api', '/metrics', '/healthz', '/x?y=z'),
    code: fc.constantFrom(200, 403),
  })
  .map((said): SaidEvent => ({ user, ...said }))
const events = fc.array(fc.oneof({ weight: 6, arbitrary: resourceEvent }, pathEvent), {
  maxLength: 60,
})
const options = fc.record({
  maxNames: fc.constantFrom(0, 1, 2, 16),
  maxNamespaces: fc.constantFrom(undefined, undefined, 1, 2),
})

function judgeOf(objects: RbacObjects) {
  const access = createAuthorizer(objects).forUser(leastUser(alice))
  const isDiscovery = discoveryOf(alice)
  return (request: AccessRequest): boolean =>
    isDiscovery(request) || access.authorize(request).allowed
}

/** What every rule was made for. */
function needsOf(suggestion: Suggestion): AccessRequest[] {
  return suggestion.objects
    .flatMap(({ rules }) => rules)
    .flatMap(({ needs }) => needs.map(({ request }) => request))
}

/** The rule without one entry of one list; without the rule where that was the last one. */
function* smaller(rules: readonly RbacRule[]): Generator<readonly RbacRule[]> {
  const lists = ['verbs', 'apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'] as const
  for (const [at, rule] of rules.entries())
    for (const list of lists)
      for (const entry of rule[list]) {
        const rest = rule[list].filter((other) => other !== entry)
        yield rest.length === 0 ? rules.toSpliced(at, 1) : rules.with(at, { ...rule, [list]: rest })
      }
}

describe('every suggestion', () => {
  it('suffices, and allows nothing that was refused', () => {
    fc.assert(
      fc.property(events, options, (all, given) => {
        const { proof } = suggestedFor(all, given, user)
        expect([proof.missing, proof.surplus]).toEqual([[], []])
      }),
      { numRuns: 300 },
    )
  })

  it('is minimal: without any verb, resource, name or binding something that it was made for fails', () => {
    fc.assert(
      fc.property(events, options, (all, given) => {
        const suggestion = suggestedFor(all, given, user)
        const objects = rbacObjectsOf(suggestion.objects)
        const needs = needsOf(suggestion)
        const isLacking = (less: RbacObjects): boolean => {
          const isAllowed = judgeOf(less)
          return needs.some((need) => !isAllowed(need))
        }
        for (const kind of ['roles', 'clusterRoles'] as const)
          for (const [at, role] of objects[kind].entries())
            for (const rules of smaller(role.rules))
              expect(
                isLacking({
                  ...objects,
                  [kind]: objects[kind].with(at, { ...role, rules } as never),
                }),
              ).toBe(true)
        for (const kind of ['roleBindings', 'clusterRoleBindings'] as const)
          for (const at of objects[kind].keys())
            expect(isLacking({ ...objects, [kind]: objects[kind].toSpliced(at, 1) as never })).toBe(
              true,
            )
      }),
      { numRuns: 100 },
    )
  })

  it('is made for what was seen, what that implies, and what it says is wider', () => {
    fc.assert(
      fc.property(events, options, (all, given) => {
        const suggestion = suggestedFor(all, given, user)
        const seen = suggestedFor(all, { maxNames: 1000 }, user)
        const exact = new Set(needsOf(seen).map((need) => JSON.stringify(need)))
        const wider = needsOf(suggestion).filter((need) => !exact.has(JSON.stringify(need)))
        const said = suggestion.widenings.map(({ request }) => request)
        for (const need of wider) expect(said).toContainEqual(need)
      }),
    )
  })

  it('is the same in any order', () => {
    fc.assert(
      fc.property(events, options, (all, given) => {
        const numbered = all.map((said, at) => ({ ...said, second: at, auditId: `id-${at}` }))
        expect(renderYaml(suggestedFor(numbered.toReversed(), given, user))).toBe(
          renderYaml(suggestedFor(numbered, given, user)),
        )
      }),
    )
  })

  it('with more that was allowed takes no grant away', () => {
    const universe = fc.sample(resourceEvent, { numRuns: 400, seed: 1 })
    fc.assert(
      fc.property(events, events, options, (before, more, given) => {
        const allowed = more.filter(({ code }) => code !== 403)
        const isAllowedBefore = judgeOf(rbacObjectsOf(suggestedFor(before, given, user).objects))
        const isAllowedAfter = judgeOf(
          rbacObjectsOf(suggestedFor([...before, ...allowed], given, user).objects),
        )
        for (const said of universe) {
          const request = requestOf(said)
          if (isAllowedBefore(request))
            expect([request, isAllowedAfter(request)]).toEqual([request, true])
        }
      }),
    )
  })

  it('loads as the RBAC objects that it is', () => {
    fc.assert(
      fc.property(events, options, (all, given) => {
        const suggestion = suggestedFor(all, given, user)
        const loaded = loadRbac([{ path: 'x.yaml', text: renderYaml(suggestion) }])
        expect(loaded).toEqual({
          objects: rbacObjectsOf(suggestion.objects),
          problems: [],
          others: 0,
        })
      }),
    )
  })
})

function requestOf(said: SaidEvent): AccessRequest {
  const {
    verb = '',
    apiGroup = '',
    resource = '',
    subresource = '',
    namespace = '',
    name = '',
  } = said
  return { verb, isResource: true, apiGroup, resource, subresource, namespace, name, path: '' }
}
