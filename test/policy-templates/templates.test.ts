import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { parseAccessReview } from '../../src/audit/access-review.ts'
import { evaluateAuditPolicy } from '../../src/audit/policy/evaluate.ts'
import { loadAuditPolicy } from '../../src/audit/policy/load.ts'
import { requestOfAccessReview } from '../../src/audit/policy/request.ts'
import { type AuditPolicy, auditStages } from '../../src/audit/policy/types.ts'
import { oldestKubernetesVersion } from '../../src/audit/policy/version.ts'
import type { EventRule } from '../../src/contracts.ts'
import { auditRules } from '../../src/detect/logsource.ts'
import { coverageOf } from '../../src/policy/coverage.ts'
import { boxesOfAuditRule } from '../../src/policy/policy-boxes.ts'
import { uncoveredPart } from '../../src/policy/request-box.ts'
import { needsOf } from '../../src/policy/rule-needs.ts'
import { createSimulation } from '../../src/policy/simulate.ts'
import { readBuiltinRules } from '../detections/corpus.ts'
import { compareGenerated } from '../support/generated-docs.ts'
import { listRecordings, readEvents } from '../support/recordings.ts'
import { type OpenShiftAudit, openShiftPolicy } from './openshift-profiles.ts'

const folder = fileURLToPath(new URL('../../policy-templates', import.meta.url))
const names = readdirSync(folder)
  .filter((name) => /^[a-z0-9-]+\.yml$/.test(name))
  .map((name) => name.replace('.yml', ''))
const policyNames = names.filter((name) => name !== 'openshift')

const caseSchema = z.object({
  cases: z
    .array(
      z.object({
        name: z.string(),
        request: z.unknown(),
        level: z.string(),
        stages: z.array(z.string()),
      }),
    )
    .min(1),
})

function read(name: string): string {
  return readFileSync(`${folder}/${name}`, 'utf8')
}

function policyOf(name: string) {
  const { policy, problems } = loadAuditPolicy(read(`${name}.yml`), {
    path: `${name}.yml`,
    kubernetesVersion: oldestKubernetesVersion,
  })
  if (policy === undefined || problems.length > 0) throw new Error(JSON.stringify(problems))
  return policy
}

describe('the policy templates', () => {
  for (const name of policyNames) {
    const policy = policyOf(name)
    testCases(name, policy)

    it(`${name}: no rule is shadowed by those before it`, () => {
      const before = policy.rules.map((_rule, i) =>
        policy.rules.slice(0, i).flatMap(boxesOfAuditRule),
      )
      const shadowed = policy.rules.filter(
        (rule, i) =>
          !boxesOfAuditRule(rule).some((box) => uncoveredPart(box, before[i]!) !== undefined),
      )
      expect(shadowed).toEqual([])
    })

    it(`${name}: records failed logins`, () => {
      const failed = auditRules(readBuiltinRules().rules).filter(
        (rule) => rule.name === 'authentication_failed',
      )
      expect(coverageOf(failed, policy)).toEqual([{ rule: failed[0], status: 'fed', missing: [] }])
    })
  }

  testCases('openshift', openShiftPolicy(openShiftAudit()))

  it('openshift keeps the tokens and settings that a profile with bodies would record', () => {
    const withBodies: OpenShiftAudit = { profile: 'WriteRequestBodies', customRules: [] }
    const token = requestOfAccessReview({
      user: 'alice',
      resourceAttributes: { verb: 'create', resource: 'serviceaccounts', subresource: 'token' },
    })
    expect(evaluateAuditPolicy(openShiftPolicy(withBodies), token).level).toBe('RequestResponse')
    const guarded = { ...openShiftAudit(), profile: 'WriteRequestBodies' as const }
    const ofPerson = { ...token, user: { name: 'alice', groups: ['system:authenticated:oauth'] } }
    expect(evaluateAuditPolicy(openShiftPolicy(guarded), ofPerson).level).toBe('Metadata')
  })

  it('policy-templates/README.md says what they record, feed and blind', () => {
    const { written, expected } = compareGenerated('policy-templates/README.md', table)
    expect(written).toBe(expected)
  }, 60_000)
})

/** The layout of the APIServer resource of config.openshift.io/v1. */
function openShiftAudit(): OpenShiftAudit {
  const profile = z.enum(['Default', 'WriteRequestBodies', 'AllRequestBodies', 'None'])
  const schema = z.strictObject({
    apiVersion: z.literal('config.openshift.io/v1'),
    kind: z.literal('APIServer'),
    metadata: z.strictObject({ name: z.literal('cluster') }),
    spec: z.strictObject({
      audit: z.strictObject({
        profile,
        customRules: z.array(z.strictObject({ group: z.string(), profile })),
      }),
    }),
  })
  return schema.parse(parse(read('openshift.yml'))).spec.audit
}

function testCases(name: string, policy: AuditPolicy): void {
  const { cases } = caseSchema.parse(parse(read(`${name}.test.yml`)))
  for (const { name: title, request, level, stages } of cases)
    it(`${name}: ${title}`, () => {
      const parsed = parseAccessReview(request)
      if ('wrong' in parsed) throw new Error(parsed.wrong)
      expect(parsed.unknownFields).toEqual([])
      const decision = evaluateAuditPolicy(policy, requestOfAccessReview(parsed.spec))
      const kept = auditStages.filter((stage) => !decision.omitStages.includes(stage))
      expect({ level: decision.level, stages: decision.level === 'None' ? [] : kept }).toEqual({
        level,
        stages,
      })
    })
}

function table(): string {
  const events = listRecordings('benign', '.jsonl').flatMap((name) => readEvents(`benign/${name}`))
  const rules = auditRules(readBuiltinRules().rules)
  const rows = policyNames.map((name) => {
    const policy = policyOf(name)
    const simulation = createSimulation(policy)
    for (const raw of events) simulation.add(raw, String(raw['auditID']))
    const total = simulation.total()
    const coverage = coverageOf(rules, policy)
    const of = (status: string) =>
      coverage.filter((each) => each.status === status).map(({ rule }) => rule)
    return {
      name,
      says: (read(`${name}.yml`).split('\n')[0] ?? '').replace(/^# [a-z0-9]+: /, ''),
      events: `${((total.events / events.length) * 100).toFixed(0)} %`,
      megabytes: (total.bytes / 1e6).toFixed(1),
      fed: of('fed').length,
      partly: of('partly'),
      blind: of('blind'),
    }
  })
  return [
    `Volume: of the ${events.length.toLocaleString('en')} events of the recordings of ordinary life (26.3 MB at Metadata). Bodies are not in those recordings, so that \`cis\` and \`forensic\` record more bytes than shown.`,
    '',
    '| Template | Records | Events | MB | Rules fed | Partly | Blind |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(
      ({ name, says, events: share, megabytes, fed, partly, blind }) =>
        `| [${name}](${name}.yml) | ${says} | ${share} | ${megabytes} | ${fed} | ${partly.length} | ${blind.length} |`,
    ),
    '',
    ...rows.flatMap(({ name, partly, blind }) => [
      `**${name}**: blind are ${named(blind)}. Partly fed are ${named(partly)}.`,
      '',
    ]),
  ]
    .join('\n')
    .trimEnd()
}

/** The names of rules; of those that read bodies, which `detections/README.md` marks, only how many. */
function named(rules: readonly EventRule[]): string {
  const [reading, others] = [true, false].map((isReading) =>
    rules.filter(
      (rule) => needsOf(rule).every(({ auditLevel }) => auditLevel !== 'Metadata') === isReading,
    ),
  ) as [EventRule[], EventRule[]] // Two, as there are two booleans.
  const counted = reading.length === 0 ? [] : [`${reading.length} rules that read bodies`]
  return [...counted, ...others.map((rule) => rule.name ?? rule.title)].join(', ') || 'none'
}
