import { describe, expect, it } from 'vitest'
import { evaluateAuditPolicy } from '../../../src/audit/policy/evaluate.ts'
import { loadAuditPolicy } from '../../../src/audit/policy/load.ts'
import type { AuditPolicy, AuditRequest } from '../../../src/audit/policy/types.ts'

/** The rows of the API server's own `pkg/audit/policy/checker_test.go`. */
const user = { name: 'tim@k8s.io', groups: ['humans', 'developers'] }
const onPath = {
  user,
  verb: 'get',
  isResource: false,
  apiGroup: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
  path: '/logs/kubelet.log',
}
const namespaced = {
  ...onPath,
  isResource: true,
  resource: 'pods',
  namespace: 'default',
  name: 'busybox',
  path: '',
}
const clusterrole = {
  ...namespaced,
  apiGroup: 'rbac.authorization.k8s.io',
  resource: 'clusterroles',
  namespace: '',
  name: 'edit',
}
const requests = {
  namespaced,
  cluster: clusterrole,
  nonResource: onPath,
  subresource: { ...namespaced, subresource: 'log' },
  Unauthorized: { ...namespaced, user: undefined },
  ClusterRoleUpdate: { ...clusterrole, verb: 'update', subresource: 'status' },
} satisfies Record<string, AuditRequest>
type RequestName = keyof typeof requests

const rbac = 'rbac.authorization.k8s.io'
const rules = {
  default: { level: 'Metadata' },
  create: { level: 'Request', verbs: ['create'] },
  tims: { level: 'Metadata', users: ['tim@k8s.io'] },
  humans: { level: 'Metadata', userGroups: ['humans'] },
  serviceAccounts: { level: 'None', userGroups: ['system:serviceaccounts'] },
  getPods: { level: 'RequestResponse', verbs: ['get'], resources: [{ resources: ['pods'] }] },
  getPodLogs: { level: 'Request', verbs: ['get'], resources: [{ resources: ['pods/log'] }] },
  getClusterRoles: {
    level: 'RequestResponse',
    verbs: ['get'],
    resources: [{ group: rbac, resources: ['clusterroles'] }],
    namespaces: [''],
  },
  clusterRoleEdit: {
    level: 'Request',
    resources: [{ group: rbac, resources: ['clusterroles'], resourceNames: ['edit'] }],
  },
  getLogs: { level: 'RequestResponse', verbs: ['get'], nonResourceURLs: ['/logs*'] },
  getMetrics: { level: 'Request', verbs: ['get'], nonResourceURLs: ['/metrics'] },
  anyResource: { level: 'Request', verbs: ['get'], resources: [{ resources: ['*'] }] },
  anyLog: { level: 'Request', verbs: ['get'], resources: [{ resources: ['*/log'] }] },
  podsAndSubresources: { level: 'Request', verbs: ['get'], resources: [{ resources: ['pods/*'] }] },
  anyGroupStatus: {
    level: 'RequestResponse',
    resources: [{ group: '*', resources: ['*/status'] }],
  },
  omitReceived: { level: 'Metadata', omitStages: ['RequestReceived'] },
  onlyPanic: {
    level: 'Metadata',
    omitStages: ['RequestReceived', 'ResponseStarted', 'ResponseComplete'],
  },
} satisfies Record<string, object>
type RuleName = keyof typeof rules

function load(names: readonly RuleName[], more: object = {}): AuditPolicy {
  const file = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', ...more }
  const text = JSON.stringify({ ...file, rules: names.map((name) => rules[name]) })
  const { policy, problems } = loadAuditPolicy(text, { path: 'policy.json' })
  expect(problems).toEqual([])
  return policy!
}

const ofThree = (names: RuleName[], ...levels: (string | undefined)[]): Row[] =>
  (['namespaced', 'cluster', 'nonResource'] as const).flatMap((request, i): Row[] => {
    const level = levels[i]
    return level === undefined ? [] : [[names, request, level]]
  })
type Row = readonly [readonly RuleName[], RequestName, string]

const matrix: readonly Row[] = [
  ...ofThree(['default'], 'Metadata', 'Metadata', 'Metadata'),
  ...ofThree(['create'], 'None', 'None', 'None'),
  ...ofThree(['tims'], 'Metadata', 'Metadata', 'Metadata'),
  ...ofThree(['humans'], 'Metadata', 'Metadata', 'Metadata'),
  ...ofThree(['serviceAccounts'], 'None', 'None', 'None'),
  ...ofThree(['getPods'], 'RequestResponse', 'None', 'None'),
  ...ofThree(['getClusterRoles'], 'None', 'RequestResponse', 'None'),
  ...ofThree(['clusterRoleEdit', 'getClusterRoles'], undefined, 'Request'),
  ...ofThree(['getLogs'], 'None', 'None', 'RequestResponse'),
  ...ofThree(['getMetrics'], 'None', 'None', 'None'),
  ...ofThree(['getMetrics', 'serviceAccounts', 'default'], 'Metadata', 'Metadata', 'Metadata'),
  ...ofThree(['getMetrics', 'getPods', 'default'], 'RequestResponse'),
  ...ofThree(['getMetrics', 'getClusterRoles', 'default'], undefined, 'RequestResponse'),
  ...ofThree(['getLogs', 'getClusterRoles', 'default'], undefined, undefined, 'RequestResponse'),
  ...ofThree(['getPodLogs', 'getPods'], 'RequestResponse', 'None', 'None'),
  [['getPodLogs', 'getPods'], 'subresource', 'Request'],
  [['anyResource'], 'subresource', 'Request'],
  [['anyLog'], 'subresource', 'Request'],
  [['podsAndSubresources'], 'subresource', 'Request'],
  [['tims'], 'Unauthorized', 'None'],
  [['tims', 'default'], 'Unauthorized', 'Metadata'],
  [['humans'], 'Unauthorized', 'None'],
  [['humans', 'default'], 'Unauthorized', 'Metadata'],
  [['anyGroupStatus'], 'ClusterRoleUpdate', 'RequestResponse'],
]

describe('the checker matrix', () => {
  it.each(matrix)('%j for %s: %s', (names, request, level) => {
    const [received, started] = ['RequestReceived', 'ResponseStarted']
    const plain = evaluateAuditPolicy(load(names), requests[request])
    expect([plain.level, plain.omitStages]).toEqual([level, []])
    const omitting = load(names, { omitStages: [received, started] })
    const { level: same, omitStages } = evaluateAuditPolicy(omitting, requests[request])
    expect([same, omitStages]).toEqual([level, [received, started]])
  })
})

describe('the omitted stages', () => {
  it.each([
    [[], 'default', []],
    [[], 'omitReceived', ['RequestReceived']],
    [['RequestReceived'], 'default', ['RequestReceived']],
    [['RequestReceived'], 'omitReceived', ['RequestReceived']],
    [['ResponseStarted'], 'omitReceived', ['RequestReceived', 'ResponseStarted']],
    [
      ['RequestReceived', 'ResponseStarted'],
      'omitReceived',
      ['RequestReceived', 'ResponseStarted'],
    ],
    [
      ['RequestReceived', 'RequestReceived'],
      'onlyPanic',
      ['RequestReceived', 'ResponseStarted', 'ResponseComplete'],
    ],
  ] as const)(
    '%j of the policy and those of the rule %s are %j, each once',
    (ofPolicy, name, all) => {
      const policy = load([name], { omitStages: ofPolicy })
      expect(evaluateAuditPolicy(policy, requests.namespaced).omitStages).toEqual(all)
    },
  )
})

describe('omitManagedFields', () => {
  it.each([
    [true, undefined, true],
    [true, false, false],
    [false, true, true],
    [false, undefined, false],
  ])('%s of the policy and %s of the rule is %s', (ofPolicy, ofRule, expected) => {
    const rule = {
      level: 'Request',
      ...(ofRule === undefined ? {} : { omitManagedFields: ofRule }),
    }
    const text = JSON.stringify({
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitManagedFields: ofPolicy,
      rules: [rule],
    })
    const { policy } = loadAuditPolicy(text, { path: 'policy.json' })
    expect(evaluateAuditPolicy(policy!, requests.namespaced).omitManagedFields).toBe(expected)
  })
})
