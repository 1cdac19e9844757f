import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateAuditPolicy } from '../../src/audit/policy/evaluate.ts'
import { requestOfEvent } from '../../src/audit/policy/request.ts'
import type { AuditPolicy, AuditPolicyRule } from '../../src/audit/policy/types.ts'
import { holdsRequest } from '../../src/policy/holds-request.ts'
import { boxesOfAuditRule } from '../../src/policy/policy-boxes.ts'
import { uncoveredPart } from '../../src/policy/request-box.ts'
import { isEnough, needsOf } from '../../src/policy/rule-needs.ts'
import { eventOf } from '../detect/support.ts'
import { createBuiltinRuleSet } from '../detections/corpus.ts'
import { listRecordings, readEvents } from '../support/recordings.ts'

const some = (values: readonly string[]) =>
  fc.subarray([...values], { maxLength: Math.min(2, values.length) })
const users = [
  'alice',
  'system:apiserver',
  'system:serviceaccount:a:b',
  'system:node:n',
  'system:anonymous',
]
const groups = [
  'system:nodes',
  'system:authenticated',
  'system:serviceaccounts',
  'system:serviceaccounts:a',
  'system:unauthenticated',
  'team',
]
const verbs = ['get', 'list', 'watch', 'create', 'update']
const namespaces = ['', 'a', 'b']

const auditRule = fc.record({
  level: fc.constantFrom<AuditPolicyRule['level']>('None', 'Metadata', 'Request'),
  users: some(users),
  userGroups: some(groups),
  verbs: some(verbs),
  resources: fc.array(
    fc.record({
      group: fc.constantFrom('', 'apps', '*'),
      resources: some(['pods', 'pods/*', '*/log', 'pods/exec', '*', 'secrets']),
      resourceNames: some(['x']),
    }),
    { maxLength: 2 },
  ),
  namespaces: some(namespaces),
  nonResourceURLs: some(['/healthz*', '/api*', '*', '/version']),
  omitStages: fc.constant([]),
})
const policyOf = (rules: readonly AuditPolicyRule[]): AuditPolicy => ({
  rules,
  omitStages: [],
  omitManagedFields: false,
})

const groupsByUser: Readonly<Record<string, readonly string[]>> = {
  alice: ['system:authenticated', 'team'],
  'system:apiserver': ['system:authenticated'],
  'system:serviceaccount:a:b': [
    'system:authenticated',
    'system:serviceaccounts',
    'system:serviceaccounts:a',
  ],
  'system:node:n': ['system:authenticated', 'system:nodes'],
  'system:anonymous': ['system:unauthenticated'],
}
const request = fc
  .record({
    user: fc.option(fc.constantFrom(...users), { nil: undefined }),
    verb: fc.constantFrom(...verbs),
    isResource: fc.boolean(),
    apiGroup: fc.constantFrom('', 'apps'),
    resource: fc.constantFrom('pods', 'secrets', 'other'),
    subresource: fc.constantFrom('', 'log', 'status'),
    namespace: fc.constantFrom(...namespaces),
    name: fc.constantFrom('', 'x', 'y'),
    path: fc.constantFrom('/healthz', '/api/v1', '/version', '/x'),
  })
  .map((drawn) => ({
    ...drawn,
    ...(drawn.isResource
      ? { path: '' }
      : { apiGroup: '', resource: '', subresource: '', namespace: '', name: '' }),
    subresource:
      !drawn.isResource || ['list', 'watch'].includes(drawn.verb) ? '' : drawn.subresource,
    user:
      drawn.user === undefined
        ? undefined
        : { name: drawn.user, groups: groupsByUser[drawn.user] ?? [] },
  }))

describe('the requests of a rule of an audit policy', () => {
  it('are those that the rule matches', () => {
    fc.assert(
      fc.property(auditRule, request, (rule, asked) => {
        const isHeld = boxesOfAuditRule(rule).some((box) => holdsRequest(box, asked))
        expect(isHeld).toBe(evaluateAuditPolicy(policyOf([rule]), asked).rule === 0)
      }),
      { numRuns: 3000 },
    )
  })

  it('are never called covered by earlier rules when one of them reaches the rule', () => {
    fc.assert(
      fc.property(fc.array(auditRule, { minLength: 1, maxLength: 6 }), request, (rules, asked) => {
        const { rule } = evaluateAuditPolicy(policyOf(rules), asked)
        if (rule === null) return
        const before = rules.slice(0, rule).flatMap(boxesOfAuditRule)
        const boxes = boxesOfAuditRule(rules[rule]!).filter((box) => holdsRequest(box, asked))
        expect(boxes.some((box) => uncoveredPart(box, before) !== undefined)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('what a rule needs', () => {
  it('holds every event of the recordings that the rule matches: its request, level and stage', () => {
    const ruleSet = createBuiltinRuleSet()
    const needs = new Map(ruleSet.rules.map((rule) => [rule, needsOf(rule)]))
    const names = [
      ...listRecordings('attacks', '.jsonl').map((name) => `attacks/${name}`),
      ...listRecordings('special', '.jsonl').map((name) => `special/${name}`),
    ]
    let matches = 0
    for (const name of names) {
      for (const raw of readEvents(name)) {
        for (const { rule } of ruleSet.matchEvent(eventOf(raw))) {
          matches += 1
          const asked = requestOfEvent(raw)
          const isHeld = needs
            .get(rule)!
            .some(
              ({ boxes, auditLevel, stages }) =>
                boxes.some((box) => holdsRequest(box, asked)) &&
                isEnough(String(raw['level']), auditLevel) &&
                stages.some((stage) => stage === raw['stage']),
            )
          expect(isHeld, `${rule.name} on ${JSON.stringify(raw)} of ${name}`).toBe(true)
        }
      }
    }
    expect(matches).toBeGreaterThan(500)
  })
})
