import { expect, it } from 'vitest'
import { splitBody } from '../../src/audit/split.ts'
import { episodesConfigSchema, offlineAlertingOptions } from '../../src/detect/episode/config.ts'
import { openPipeline } from '../../src/detect/pipeline.ts'
import { createBuiltinRuleSet, readBaseEvents } from './corpus.ts'

/** The rules that tell what is out of the ordinary, by what weeks of the stream have taught them. */

const ruleSet = createBuiltinRuleSet()
const bases = readBaseEvents()
const episodes = offlineAlertingOptions(episodesConfigSchema.parse({}))
const hour = 3_600_000

interface Act {
  readonly base: string
  /** By top-level key. */
  readonly change?: Readonly<Record<string, unknown>>
  readonly atHour: number
}

/** Each of them so many times, once in `everyHours`. */
function often(times: number, everyHours: number, ...acts: readonly Omit<Act, 'atHour'>[]): Act[] {
  return Array.from({ length: times }, (_, i) =>
    acts.map((act) => ({ ...act, atHour: i * everyHours })),
  ).flat()
}

/** `rule actor`, of a rule alone. */
function alertsOf(rule: string, acts: readonly Act[]): string[] {
  const lines = acts
    .toSorted((a, b) => a.atHour - b.atHour)
    .map(({ base, change, atHour }, i) => {
      const time = new Date(Date.UTC(2026, 0, 1) + atHour * hour + i).toISOString()
      const times = { requestReceivedTimestamp: time, stageTimestamp: time }
      return JSON.stringify({ ...bases.get(base), ...change, ...times, auditID: `${i}` })
    })
  const { bytes, items } = splitBody(Buffer.from(lines.join('\n')))
  const pipeline = openPipeline(ruleSet, { episodes, isOffline: true })
  const batch = { cluster: 'a', sender: '', receivedAtMs: 0, bytes, index: items }
  const alerts = [...pipeline.process(batch).alerts, ...pipeline.close().alerts]
  return alerts
    .filter(({ status, rule: { name } }) => status === 'closed' && name === rule)
    .map(({ actor }) => actor)
}

const day = 24
const user = (username: string) => ({ user: { username } })
const ops = { base: 'cluster_role_create' }

it('somebody who never used full rights does', () => {
  const usual = often(30, 8, ops)
  const mallory = { ...ops, change: user('mallory@example.com') }
  const rule = 'full_rights_used_by_newcomer'
  expect(alertsOf(rule, [...usual, { ...mallory, atHour: 9 * day }])).toEqual([
    'mallory@example.com',
  ])
  expect(alertsOf(rule, [...usual, { ...mallory, atHour: 3 * day }])).toEqual([])
  expect(alertsOf(rule, [...usual, { ...ops, atHour: 45 * day }])).toEqual(['alice@example.com'])
})

it('a service account does what it never did', () => {
  const rule = 'service_account_does_something_new'
  const usual = often(60, 4, { base: 'secret_get' })
  const list = { base: 'secret_get', change: { verb: 'list' } }
  const actor = 'system:serviceaccount:ingress:ingress-controller'
  expect(alertsOf(rule, [...usual, { ...list, atHour: 9 * day }])).toEqual([actor])
  const few = often(20, 12, { base: 'secret_get' })
  expect(alertsOf(rule, [...few, { ...list, atHour: 9 * day }])).toEqual([])
  expect(alertsOf(rule, [...usual, { base: 'secret_get', atHour: 9 * day }])).toEqual([])
})

it('somebody is here who was not for a month', () => {
  const usual = often(150, 8, { base: 'object_change' })
  const bob = { base: 'object_change', change: user('bob@example.com') }
  const acts = [0, 10, 45, 46].map((days) => ({ ...bob, atHour: days * day }))
  expect(alertsOf('person_not_seen_for_long', [...usual, ...acts])).toEqual(['bob@example.com'])
})

it('somebody changes workloads of a namespace who never did there', () => {
  const usual = often(30, 8, { base: 'pod_create' })
  const bob = { base: 'pod_create', change: user('bob@example.com') }
  const rule = 'workload_changed_by_newcomer'
  expect(alertsOf(rule, [...usual, { ...bob, atHour: 9 * day }])).toEqual(['bob@example.com'])
  const objectRef = { resource: 'pods', namespace: 'new', name: 'web', apiVersion: 'v1' }
  const elsewhere = { base: 'pod_create', change: { ...user('bob@example.com'), objectRef } }
  expect(alertsOf(rule, [...usual, { ...elsewhere, atHour: 9 * day }])).toEqual([])
})

it('an image comes from a registry that nobody used, in whichever container', () => {
  const withImages = (...images: string[]) => ({
    base: 'pod_create',
    change: {
      requestObject: {
        kind: 'Pod',
        apiVersion: 'v1',
        spec: { containers: images.map((image) => ({ image })) },
      },
    },
  })
  const usual = often(30, 8, withImages('registry.example.com/web:1', 'nginx:1'))
  const rule = 'image_from_new_registry'
  const odd = withImages('registry.example.com/web:1', '192.0.2.66:5000/x:1')
  expect(alertsOf(rule, [...usual, { ...odd, atHour: 9 * day }])).toEqual(['alice@example.com'])
  const known = withImages('docker.io/library/redis:7')
  expect(alertsOf(rule, [...usual, { ...known, atHour: 9 * day }])).toEqual([])
})
