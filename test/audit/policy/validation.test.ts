import { describe, expect, it } from 'vitest'
import { loadAuditPolicy } from '../../../src/audit/policy/load.ts'

const head = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n'

function problemsOf(text: string, kubernetesVersion = '1.36'): string[] {
  return loadAuditPolicy(text, { path: 'p.yml', kubernetesVersion }).problems.map(
    ({ severity, line, column, code, field }) => `${severity} ${line}:${column} ${code} ${field}`,
  )
}
function withRules(...rules: readonly object[]): string {
  return `${head}rules: ${JSON.stringify(rules)}\n`
}
const pods = [{ resources: ['pods'] }]

describe('a valid audit policy (validation_test.go)', () => {
  it.each([
    ['a rule of a level only', withRules({ level: 'Metadata' })],
    ['None for groups', withRules({ level: 'None', userGroups: ['system:serviceaccounts'] })],
    [
      'resources and namespaces in one rule',
      withRules({ level: 'Request', resources: pods, namespaces: ['kube-system'] }),
    ],
    [
      'paths',
      withRules({ level: 'None', nonResourceURLs: ['/logs*', '/healthz*', '/metrics', '*'] }),
    ],
    ['stages of a rule', withRules({ level: 'None', omitStages: ['RequestReceived'] })],
    ['stages of the policy', `${head}omitStages: [Panic]\nrules: [{level: None}]`],
    ['several rules', withRules({ level: 'None', users: ['a'] }, { level: 'RequestResponse' })],
  ])('has %s', (_title, text) => {
    expect(problemsOf(text)).toEqual([])
  })
})

describe('the API server refuses (validation_test.go)', () => {
  it.each([
    ['an empty rule', withRules({}), '3:9 policy.level rules[0].level'],
    ['a rule without a level', withRules({ verbs: ['get'] }), '3:9 policy.level rules[0].level'],
    [
      'a level that there is not',
      withRules({ level: 'FooBar' }),
      '3:18 policy.level rules[0].level',
    ],
    [
      'paths and namespaces in one rule',
      withRules({ level: 'None', nonResourceURLs: ['/a'], namespaces: ['a'] }),
      '3:43 policy.mixedRule rules[0].nonResourceURLs',
    ],
    [
      'paths and resources in one rule',
      withRules({ level: 'None', nonResourceURLs: ['/a'], resources: pods }),
      '3:43 policy.mixedRule rules[0].nonResourceURLs',
    ],
    [
      'a group with a version',
      withRules({ level: 'None', resources: [{ group: 'rbac.authorization.k8s.io/v1beta1' }] }),
      '3:47 policy.group rules[0].resources[0].group',
    ],
    [
      'a path without a slash',
      withRules({ level: 'None', nonResourceURLs: ['logs'] }),
      '3:44 policy.nonResourceURL rules[0].nonResourceURLs[0]',
    ],
    [
      'an empty path',
      withRules({ level: 'None', nonResourceURLs: [''] }),
      '3:44 policy.nonResourceURL rules[0].nonResourceURLs[0]',
    ],
    [
      'two wildcards in a path',
      withRules({ level: 'None', nonResourceURLs: ['/logs/*/*'] }),
      '3:44 policy.nonResourceURL rules[0].nonResourceURLs[0]',
    ],
    [
      'a wildcard inside a path',
      withRules({ level: 'None', nonResourceURLs: ['/logs/*.log'] }),
      '3:44 policy.nonResourceURL rules[0].nonResourceURLs[0]',
    ],
    [
      'names without resources',
      withRules({ level: 'None', resources: [{ resourceNames: ['a'] }] }),
      '3:55 policy.resourceNames rules[0].resources[0].resourceNames',
    ],
    [
      'a stage that there is not in a rule',
      withRules({ level: 'None', omitStages: ['foo'] }),
      '3:39 policy.stage rules[0].omitStages[0]',
    ],
    [
      'an empty rule after valid ones',
      withRules({ level: 'None' }, { level: 'None' }, {}),
      '3:43 policy.level rules[2].level',
    ],
    [
      'a stage that there is not in the policy',
      `${head}omitStages: [foo]\nrules: [{level: None}]`,
      '3:14 policy.stage omitStages[0]',
    ],
  ])('%s', (_title, text, expected) => {
    expect(problemsOf(text)).toEqual([`error ${expected}`])
  })

  it('the group * before 1.36', () => {
    const text = withRules({ level: 'None', resources: [{ group: '*' }] })
    expect(problemsOf(text, '1.35')).toEqual([
      'error 3:47 policy.group rules[0].resources[0].group',
    ])
    expect(problemsOf(text, '1.36')).toEqual([])
  })
})

describe('the reader (reader_test.go)', () => {
  it('takes three rules', () => {
    const text = withRules(
      { level: 'None', nonResourceURLs: ['/healthz*', '/version'] },
      { level: 'RequestResponse', users: ['tim'], resources: pods },
      { level: 'Metadata' },
    )
    expect(loadAuditPolicy(text, { path: 'p.yml' }).policy?.rules.length).toBe(3)
  })

  it.each([
    ['no version and kind', 'rules: [{level: None}]', 'error 1:1 policy.kind '],
    [
      'another version',
      'apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules: [{level: None}]',
      'error 1:1 policy.kind ',
    ],
    [
      'another kind',
      'apiVersion: audit.k8s.io/v1\nkind: Event\nrules: [{level: None}]',
      'error 1:1 policy.kind ',
    ],
    ['no rules', `${head}rules: []`, 'error 3:8 policy.noRules rules'],
  ])('refuses %s', (_title, text, expected) => {
    expect(problemsOf(text)).toEqual([expected])
  })

  it('refuses an empty file', () => {
    expect(problemsOf('')).toEqual(['error 1:1 policy.kind '])
  })

  it('drops a field in the wrong place with a warning, and loads the rest', () => {
    const text = `${head}rules:\n  - level: Request\n    resources:\n      - resources: [pods]\n        verbs: [get]\n`
    const { policy, problems } = loadAuditPolicy(text, { path: 'p.yml' })
    expect(policy?.rules[0]?.verbs).toEqual([])
    expect(problems).toMatchObject([
      { severity: 'warning', code: 'policy.unknownField', line: 7, column: 9 },
    ])
  })

  it('takes the last of repeated fields with a warning', () => {
    const text = `${head}rules:\n  - level: Request\n    level: None\n`
    const { policy, problems } = loadAuditPolicy(text, { path: 'p.yml' })
    expect(policy?.rules[0]?.level).toBe('None')
    expect(problems).toMatchObject([
      { severity: 'warning', code: 'policy.repeatedField', line: 5, column: 5 },
    ])
  })
})
