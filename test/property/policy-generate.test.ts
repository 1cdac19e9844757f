import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateAuditPolicy } from '../../src/audit/policy/evaluate.ts'
import { loadAuditPolicy } from '../../src/audit/policy/load.ts'
import { requestOfEvent } from '../../src/audit/policy/request.ts'
import { checkAuditPolicy } from '../../src/policy/check/check.ts'
import { coverageOf } from '../../src/policy/coverage.ts'
import { type GeneratedPolicy, generatePolicy } from '../../src/policy/generate.ts'
import { createTrafficCount } from '../../src/policy/noise.ts'
import { renderPolicy } from '../../src/policy/render.ts'
import { isEnough, needsOf, richest } from '../../src/policy/rule-needs.ts'
import { createSimulation } from '../../src/policy/simulate.ts'
import { eventOf } from '../detect/support.ts'
import { createBuiltinRuleSet } from '../detections/corpus.ts'
import { listRecordings, readEvents } from '../support/recordings.ts'

const ruleSet = createBuiltinRuleSet()
/** They read bodies of Secrets and ConfigMaps, which are never recorded. */
const aboutSecrets = [
  'config_map_holds_credential',
  'long_lived_token_requested',
  'service_account_token_secret_created',
  'token_for_foreign_audience',
]
const chosen = fc.subarray(
  ruleSet.rules.filter(({ name }) => !aboutSecrets.includes(name ?? '')),
  {
    minLength: 1,
  },
)

/** As a file says it, in which the check finds neither errors nor warnings. */
function written(generated: GeneratedPolicy) {
  const text = renderPolicy(generated, { madeBy: 'test', kubernetesVersion: '1.29' })
  const file = { path: 'generated.yml', kubernetesVersion: '1.29' }
  const problems = checkAuditPolicy(text, file)
  const { policy } = loadAuditPolicy(text, file)
  if (policy === undefined || problems.length > 0) throw new Error(JSON.stringify(problems))
  return policy
}

describe('a generated audit policy', () => {
  it('feeds every chosen rule, when bodies are agreed to', () => {
    fc.assert(
      fc.property(chosen, (rules) => {
        const policy = written(generatePolicy({ rules, allowBodies: true, noise: [] }))
        expect(coverageOf(rules, policy).filter(({ status }) => status !== 'fed')).toEqual([])
      }),
      { numRuns: 50 },
    )
  })

  it('is never richer than a policy that records everything at the level that the rules need', () => {
    const events = readEvents('special/verbs-and-codes.jsonl')
    fc.assert(
      fc.property(chosen, fc.boolean(), (rules, allowBodies) => {
        const policy = written(generatePolicy({ rules, allowBodies, noise: [] }))
        const needed = richest(
          rules.flatMap((rule) =>
            needsOf(rule).flatMap((need) => [need.auditLevel, need.exactLevel]),
          ),
        )
        for (const raw of events) {
          const { level } = evaluateAuditPolicy(policy, requestOfEvent(raw))
          expect(needed === level || !isEnough(level, needed)).toBe(true)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('never records the bodies of secrets, whatever rules ask for', () => {
    const policy = written(generatePolicy({ rules: ruleSet.rules, allowBodies: true, noise: [] }))
    const requests = [
      {
        verb: 'create',
        user: { username: 'a' },
        objectRef: { resource: 'secrets', namespace: 'a' },
      },
      { verb: 'update', user: { username: 'a' }, objectRef: { resource: 'configmaps' } },
      {
        verb: 'create',
        user: { username: 'a' },
        objectRef: { resource: 'serviceaccounts', subresource: 'token' },
      },
      {
        verb: 'create',
        objectRef: { apiGroup: 'authentication.k8s.io', resource: 'tokenreviews' },
      },
    ]
    expect(requests.map((raw) => evaluateAuditPolicy(policy, requestOfEvent(raw)).level)).toEqual(
      requests.map(() => 'Metadata'),
    )
  })

  it('from observed traffic loses no match of the recordings, and blinds no rule', () => {
    const recorded = [
      ...listRecordings('benign', '.jsonl').map((name) => `benign/${name}`),
      ...listRecordings('attacks', '.jsonl')
        .filter((name) => !name.includes('.rr.'))
        .map((name) => `attacks/${name}`),
    ].flatMap(readEvents)
    const traffic = createTrafficCount()
    const matchesOf = (raw: Readonly<Record<string, unknown>>): number =>
      ruleSet.matchEvent(eventOf(raw)).length
    let before = 0
    for (const raw of recorded) {
      const matches = matchesOf(raw)
      before += matches
      traffic.add(requestOfEvent(raw), JSON.stringify(raw).length, matches > 0)
    }
    const noise = traffic.noise(ruleSet.rules, 0.005)
    expect(noise.length).toBeGreaterThan(5)
    const policy = written(generatePolicy({ rules: ruleSet.rules, allowBodies: false, noise }))
    const simulation = createSimulation(policy)
    let after = 0
    for (const raw of recorded) {
      const kept = simulation.add(raw, String(raw['auditID']))
      if (kept !== undefined) after += matchesOf(kept)
    }
    expect(after).toBe(before)
    expect(simulation.total().events).toBeLessThan(recorded.length * 0.65)
    const plain = written(generatePolicy({ rules: ruleSet.rules, allowBodies: false, noise: [] }))
    const blindOf = (policyOf: typeof policy): unknown[] =>
      coverageOf(ruleSet.rules, policyOf)
        .filter(({ status }) => status === 'blind')
        .map(({ rule }) => rule.name)
    expect(blindOf(policy)).toEqual(blindOf(plain))
  }, 60_000)
})
