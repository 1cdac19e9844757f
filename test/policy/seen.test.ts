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

it('judges each request as it would be judged alone, whatever came before it', () => {
  const asked = (verb: string, resource: string, name: string, username?: string) => ({
    ...binding,
    verb,
    ...(username === undefined ? { user: {} } : { user: { ...binding.user, username } }),
    objectRef: { ...binding.objectRef, resource, name },
  })
  const all = ['create', 'get', 'bind'].flatMap((verb) =>
    ['clusterrolebindings', 'roles', 'secrets'].flatMap((resource) =>
      [undefined, 'alice', 'system:anonymous'].flatMap((user) =>
        ['x', 'cluster-admin'].map((name) => asked(verb, resource, name, user)),
      ),
    ),
  )
  const blindTogether = namesOf(all)
  expect(new Set(blindTogether)).toEqual(new Set(all.flatMap((one) => namesOf([one]))))
  expect(blindTogether.length).toBeGreaterThan(0)
  // More kinds than are remembered, at all stages.
  const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic']
  const kinds = Array.from({ length: 600 }, (_, i) => ({
    ...asked('get', `r${i}`, 'x', 'alice'),
    stage: stages[i % 4],
  }))
  expect(new Set(namesOf([...kinds, ...all, ...kinds, ...all]))).toEqual(new Set(blindTogether))
})
