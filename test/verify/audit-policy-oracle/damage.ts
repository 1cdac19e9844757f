import type { Random } from '../../support/random.ts'
import { pick } from './pick.ts'
import { badUrls, urls } from './words.ts'

const oddValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1.5,
  1e30,
  '',
  'x',
  'None',
  [],
  {},
  [null],
  ['x', null],
  [1],
  [[]],
  { a: 1 },
  '2026-01-31T12:00:00Z',
]

const metadataFields = [
  'name',
  'labels',
  'annotations',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'ownerReferences',
  'finalizers',
  'managedFields',
  'uid',
  'other',
  'deletionGracePeriodSeconds',
]

const ruleFields = [
  'level',
  'users',
  'userGroups',
  'verbs',
  'resources',
  'namespaces',
  'nonResourceURLs',
  'omitStages',
  'omitManagedFields',
  'Level',
  'verb',
  'resource',
]

/** One thing that is wrong, or looks wrong. */
export function damage(policy: Record<string, unknown>, random: Random): void {
  const rules = policy['rules'] as Record<string, unknown>[]
  const rule = pick(rules, random)
  const odd = pick(oddValues, random)
  const entry = (rule['resources'] as Record<string, unknown>[] | undefined)?.[0]
  const edits: readonly (() => void)[] = [
    () => {
      rule[pick(ruleFields, random)] = odd
    },
    () => {
      rule[pick(ruleFields, random)] = odd
    },
    () => {
      rule['level'] = pick(['metadata', '', 'FooBar', null, 'NONE', ' None'], random)
    },
    () => {
      rule['omitStages'] = [pick(['foo', '', 'Panic', 'panic'], random)]
    },
    () => void delete rule['level'],
    () => void delete policy[pick(['kind', 'apiVersion', 'rules'], random)],
    () => {
      policy['kind'] = pick(
        ['policy', 'PolicyList', 'Event', 'EventList', '', null, 1, 'Status', []],
        random,
      )
    },
    () => {
      policy['apiVersion'] = pick(
        [
          'audit.k8s.io/v1beta1',
          'v1',
          '',
          'audit.k8s.io/',
          'audit.k8s.io/v1/x',
          'audit.k8s.io/__internal',
          'apps/v1',
          null,
          1,
          '/v1',
          '/',
        ],
        random,
      )
    },
    () => {
      policy['metadata'] = random() < 0.2 ? odd : { [pick(metadataFields, random)]: odd }
    },
    () => {
      policy['metadata'] = {
        ownerReferences: [{ [pick(['name', 'controller', 'x'], random)]: odd }],
      }
    },
    () => {
      policy['metadata'] = {
        managedFields: [{ [pick(['time', 'fieldsV1', 'manager'], random)]: odd }],
      }
    },
    () => {
      policy['metadata'] = { labels: { a: odd } }
    },
    () => {
      policy[
        pick(
          ['rules', 'omitStages', 'omitManagedFields', 'unknown', 'Kind', 'APIVersion', 'Rules'],
          random,
        )
      ] = odd
    },
    () => {
      policy['Kind'] = pick(['Policy', 'x'], random)
    },
    () => {
      policy['rules'] = [...rules, odd]
    },
    () => {
      policy['rules'] = []
    },
    () => {
      if (entry !== undefined)
        entry[pick(['group', 'resources', 'resourceNames', 'verbs', 'name'], random)] = odd
    },
    () => {
      if (entry !== undefined) entry['resources'] = []
    },
    () => {
      rule['namespaces'] = ['default']
    },
    () => {
      rule['nonResourceURLs'] = [pick([...urls, ...badUrls], random)]
    },
  ]
  pick(edits, random)()
}
