import fc from 'fast-check'
import { expect, it } from 'vitest'
import { evaluateAuditPolicy } from '../../src/audit/policy/evaluate.ts'
import type { AuditPolicy, AuditPolicyRule, AuditRequest } from '../../src/audit/policy/types.ts'
import { unreachableRules } from '../../src/policy/check/unreachable.ts'

const some = (values: readonly string[], maxLength = 2) => fc.subarray([...values], { maxLength })
const users = ['alice', 'Alice', '', 'system:anonymous', 'system:serviceaccount:a:b']
const groups = ['system:authenticated', 'system:unauthenticated', 'system:nodes', 'team', 'Team']
const verbs = ['get', 'list', 'create', 'GET', '']
const apiGroups = ['', 'apps']
const names = ['', 'x', 'X']
const namespaces = ['', 'a', 'A']
const resourceTexts = [
  'pods',
  'pods/*',
  'pods/log',
  'pods/exec',
  '*/log',
  '*/*',
  '*',
  'pods/',
  '*/',
  '/log',
  'Pods',
  '',
]

const auditRule: fc.Arbitrary<AuditPolicyRule> = fc
  .record({
    users: some(users, 1),
    userGroups: some(groups, 1),
    verbs: some(verbs),
    isAboutPaths: fc.boolean(),
    resources: fc.array(
      fc.record({
        group: fc.constantFrom('', 'apps', '*'),
        resources: some(resourceTexts, 3),
        resourceNames: some(names, 1),
      }),
      { maxLength: 2 },
    ),
    namespaces: some(namespaces, 1),
    nonResourceURLs: some(['/healthz*', '/Healthz', '/api*', '/api', '*', '/']),
  })
  .map(({ isAboutPaths, ...rule }) => ({
    ...rule,
    level: 'None',
    omitStages: [],
    ...(isAboutPaths ? { resources: [], namespaces: [] } : { nonResourceURLs: [] }),
  }))

/** Some of these no API server ever sees; the answer is the same all the same. */
const request: fc.Arbitrary<AuditRequest> = fc
  .record({
    user: fc.option(fc.record({ name: fc.constantFrom(...users), groups: some(groups) }), {
      nil: undefined,
    }),
    verb: fc.constantFrom(...verbs),
    isResource: fc.boolean(),
    apiGroup: fc.constantFrom(...apiGroups),
    resource: fc.constantFrom('pods', 'Pods', 'other', ''),
    subresource: fc.constantFrom('', 'log', 'exec'),
    namespace: fc.constantFrom(...namespaces),
    name: fc.constantFrom(...names),
    path: fc.constantFrom('/', '/healthz', '/Healthz', '/api', '/api/v1'),
  })
  .map((drawn) =>
    drawn.isResource
      ? { ...drawn, path: '' }
      : { ...drawn, apiGroup: '', resource: '', subresource: '', namespace: '', name: '' },
  )

it('a rule reported unreachable is never the one that decides, so that removing it changes no answer', () => {
  let reported = 0
  fc.assert(
    fc.property(
      fc.array(auditRule, { minLength: 2, maxLength: 8 }),
      fc.array(request, { minLength: 20, maxLength: 20 }),
      (rules, asked) => {
        const policy: AuditPolicy = { rules, omitStages: [], omitManagedFields: false }
        for (const { rule, shadowedBy } of unreachableRules(policy)) {
          reported += 1
          expect(shadowedBy.every((earlier) => earlier < rule)).toBe(true)
          const shadowing = shadowedBy.map((index) => rules[index]!)
          const without: AuditPolicy = { ...policy, rules: rules.filter((_, i) => i !== rule) }
          for (const one of asked) {
            const before = evaluateAuditPolicy(policy, one).rule
            const after = evaluateAuditPolicy(without, one).rule
            expect(after === null || after < rule ? after : after + 1).toBe(before)
            const matches = (some: readonly AuditPolicyRule[]): boolean =>
              evaluateAuditPolicy({ ...policy, rules: some }, one).rule !== null
            expect(!matches([rules[rule]!]) || matches(shadowing)).toBe(true)
          }
        }
      },
    ),
    { numRuns: 2000 },
  )
  expect(reported).toBeGreaterThan(300)
})
