import { expect, it } from 'vitest'
import { createStreamCoverage } from '../../src/app/stream-coverage.ts'
import { feedOf } from '../../src/policy/seen.ts'
import { batchOf } from '../detect/support.ts'
import { readBuiltinRules } from '../detections/corpus.ts'
import { startApp } from '../support/running-app.ts'

const binding = {
  level: 'Metadata',
  stage: 'ResponseComplete',
  auditID: 'a',
  verb: 'create',
  requestURI: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  user: { username: 'alice', groups: ['system:authenticated'] },
  objectRef: { apiGroup: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings', name: 'x' },
  responseStatus: { code: 201 },
}

it('says once that a rule is blind, in the log and the metrics, and takes it back when bodies come', () => {
  const said: string[] = []
  const set: string[] = []
  const silent = () => undefined
  const coverage = createStreamCoverage({
    metrics: {
      add: silent,
      observe: silent,
      set: (name, value, labels) => set.push(`${name} ${labels?.['rule']} ${value}`),
    },
    logger: {
      error: silent,
      info: silent,
      debug: silent,
      warn: (message, fields) => said.push(`${message}: ${String(fields?.['rule'])}`),
    },
  })
  coverage.useRules(
    readBuiltinRules()
      .rules.filter((rule) => rule.kind === 'event')
      .filter(({ name }) => name === 'binding_to_everyone')
      .map((rule) => feedOf(rule, 'binding_to_everyone')),
  )
  const poor = batchOf(`${JSON.stringify(binding)}\n`.repeat(101))
  for (let i = 0; i < 64; i++) coverage.received(poor)
  expect(said).toEqual([
    'Rule is blind by what the stream shows of the audit policy: binding_to_everyone',
  ])
  expect(coverage.clusters()).toMatchObject([
    {
      cluster: 'test',
      sampled: 64,
      levels: ['Metadata'],
      blind: [{ rule: 'binding_to_everyone' }],
    },
  ])
  const rich = batchOf(`${JSON.stringify({ ...binding, level: 'Request' })}\n`.repeat(101))
  for (let i = 0; i < 16; i++) coverage.received(rich)
  expect(said.length).toBe(1)
  expect(set).toEqual([
    'kubewitness_rule_blind binding_to_everyone 1',
    'kubewitness_rule_blind binding_to_everyone 0',
  ])
})

function quietCoverage(): ReturnType<typeof createStreamCoverage> {
  return createStreamCoverage({
    metrics: { add: () => undefined, observe: () => undefined, set: () => undefined },
    logger: {
      error: () => undefined,
      info: () => undefined,
      debug: () => undefined,
      warn: () => undefined,
    },
  })
}

it('looks at one event in about a hundred, at others in each batch', () => {
  const coverage = quietCoverage()
  const lines = Array.from({ length: 400 }, (_, i) =>
    JSON.stringify({ ...binding, objectRef: { resource: `r${i}` } }),
  )
  const batch = batchOf(lines.join('\n'))
  coverage.received(batch)
  coverage.received(batch)
  expect(coverage.clusters()[0]?.resources).toEqual([
    '/r0',
    '/r101',
    '/r105',
    '/r202',
    '/r206',
    '/r303',
    '/r307',
    '/r4',
  ])
})

it('looks at one event in about a thousand of a cluster that it has seen a thousand of', () => {
  const coverage = quietCoverage()
  const batch = batchOf(`${JSON.stringify(binding)}\n`.repeat(1010))
  for (let batches = 0; batches < 100; batches++) coverage.received(batch)
  expect(coverage.clusters()[0]?.sampled).toBe(1000)
  for (let batches = 0; batches < 100; batches++) coverage.received(batch)
  expect(coverage.clusters()[0]?.sampled).toBe(1100)
})

it('is what the service answers at /api/v1/coverage', async () => {
  await using running = await startApp()
  await running.post(Buffer.from(JSON.stringify({ kind: 'EventList', items: [binding] })))
  const answer = await fetch(`${running.adminUrl}/api/v1/coverage`)
  expect(await answer.json()).toMatchObject({
    coverage: [{ cluster: 'default', sampled: 1, levels: ['Metadata'] }],
    next: null,
  })
})
