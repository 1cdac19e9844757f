import { expect, it } from 'vitest'
import { auditRules } from '../../src/detect/logsource.ts'
import { createStreamSample, feedOf } from '../../src/policy/seen.ts'
import { readBuiltinRules } from '../detections/corpus.ts'
import { readEvents } from '../support/recordings.ts'

const binding = {
  level: 'Metadata',
  stage: 'ResponseComplete',
  verb: 'create',
  user: { username: 'alice', groups: ['system:authenticated'] },
  objectRef: { apiGroup: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings', name: 'x' },
  responseStatus: { code: 201 },
}
const feeds = auditRules(readBuiltinRules().rules).map((rule) => feedOf(rule, rule.name ?? rule.id))
const namesOf = (events: readonly Readonly<Record<string, unknown>>[]): string[] => {
  const sample = createStreamSample(feeds)
  for (const raw of events) sample.add(raw)
  return sample.seen().blind.map(({ rule }) => rule)
}

it('calls a rule blind when its requests come without the bodies that it reads', () => {
  expect(namesOf([binding])).toEqual(
    expect.arrayContaining([
      'binding_to_everyone',
      'cluster_admin_binding',
      'default_service_account_bound',
    ]),
  )
  expect(namesOf([binding, { ...binding, level: 'RequestResponse' }])).toEqual([])
})

it('says nothing of a rule whose requests have not come', () => {
  expect(namesOf([{ ...binding, objectRef: { resource: 'pods' } }])).toEqual([])
})

it('calls rules on failed logins blind when no ResponseStarted comes, after enough events', () => {
  const completed = readEvents('benign/day.jsonl').filter(
    ({ stage }) => stage === 'ResponseComplete',
  )
  expect(namesOf(completed.slice(0, 499))).not.toContain('authentication_failed')
  expect(namesOf(completed.slice(0, 500))).toContain('authentication_failed')
})

it('keeps what it saw within bounds', () => {
  const sample = createStreamSample(feeds)
  for (let i = 0; i < 2000; i++)
    sample.add({ ...binding, level: `l${i}`, stage: `s${i}`, objectRef: { resource: `r${i}` } })
  const { levels, stages, resources, sampled } = sample.seen()
  expect([levels.length, stages.length, resources.length, sampled]).toEqual([8, 8, 500, 2000])
})
