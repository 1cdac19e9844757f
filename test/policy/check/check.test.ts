import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkAuditPolicy } from '../../../src/policy/check/check.ts'
import { type CheckCode, checkCodes } from '../../../src/policy/check/codes.ts'

const path = 'policy.yml'
const catchAll = '  - level: Metadata'

function problemsOf(rules: string, { before = '', kubernetesVersion = '1.36' } = {}): string[] {
  const text = `apiVersion: audit.k8s.io/v1\nkind: Policy\n${before}rules:\n${rules}\n`
  return checkAuditPolicy(text, { path, kubernetesVersion }).map(
    ({ line, column, code, field }) => `${line}:${column} ${code} ${field}`,
  )
}

/** Rules, and what is found in them; the first rule is in line 4. */
const cases: readonly (readonly [CheckCode, string, readonly string[]])[] = [
  [
    'policy.tooManyRules',
    Array.from(
      { length: 1001 },
      (_, i) => `  - {level: Metadata, nonResourceURLs: [/${i}], users: [a]}`,
    ).join('\n'),
    ['4:3 policy.tooManyRules rules'],
  ],
  [
    'policy.unreachable',
    `  - {level: Metadata, users: [a]}
  - {level: Metadata, resources: [{group: "", resources: ["*"]}]}
  - {level: Metadata, users: [a, b], verbs: [get], resources: [{group: "", resources: [pods]}]}
${catchAll}`,
    ['6:5 policy.unreachable rules[2]'],
  ],
  [
    'policy.literalWildcard',
    `  - {level: Metadata, users: ["system:serviceaccount:ci:*"], verbs: ["*"]}
  - {level: Metadata, userGroups: ["*"], namespaces: ["kube-*"]}
  - {level: None, verbs: [list], resources: [{group: "", resources: ["po*", "pods/*", "*", "*/log", "*/*"], resourceNames: ["*"]}]}
${catchAll}`,
    [
      '4:31 policy.literalWildcard rules[0].users[0]',
      '4:70 policy.literalWildcard rules[0].verbs[0]',
      '5:36 policy.literalWildcard rules[1].userGroups[0]',
      '5:55 policy.literalWildcard rules[1].namespaces[0]',
      '6:70 policy.literalWildcard rules[2].resources[0].resources[0]',
      '6:101 policy.literalWildcard rules[2].resources[0].resources[4]',
      '6:125 policy.literalWildcard rules[2].resources[0].resourceNames[0]',
    ],
  ],
  [
    'policy.noSuchVerb',
    `  - {level: Metadata, verbs: [GET, impersonate, get]}\n${catchAll}`,
    ['4:31 policy.noSuchVerb rules[0].verbs[0]', '4:36 policy.noSuchVerb rules[0].verbs[1]'],
  ],
  [
    'policy.noSuchResource',
    `  - level: None
    verbs: [list]
    resources:
      - {group: "", resources: [deployments, pod, pods/]}
      - {group: apps, resources: [deployments, "*/scale"]}
      - {group: example.com, resources: [widgets]}
${catchAll}`,
    [
      '7:33 policy.noSuchResource rules[0].resources[0].resources[0]',
      '7:46 policy.noSuchResource rules[0].resources[0].resources[1]',
      '7:51 policy.noSuchResource rules[0].resources[0].resources[2]',
    ],
  ],
  [
    'policy.secretBodies',
    `  - {level: Metadata, resources: [{group: "", resources: [secrets]}]}
  - {level: Request, verbs: [get], resources: [{group: ""}]}
${catchAll}`,
    ['5:13 policy.secretBodies rules[1].level'],
  ],
  [
    'policy.sessionsDropped',
    `  - {level: None, users: [a], resources: [{group: "", resources: ["pods/*"]}]}\n${catchAll}`,
    ['4:13 policy.sessionsDropped rules[0].level'],
  ],
  [
    'policy.responseStartedOmitted',
    `  - {level: Metadata, verbs: [watch], omitStages: [ResponseStarted]}
  - {level: Metadata, users: [a], omitStages: [RequestReceived, ResponseStarted]}
${catchAll}`,
    // A watch without a user fails to authenticate.
    [
      '4:52 policy.responseStartedOmitted rules[0].omitStages[0]',
      '5:65 policy.responseStartedOmitted rules[1].omitStages[1]',
    ],
  ],
  [
    'policy.failedLoginsDropped',
    '  - {level: Metadata, userGroups: ["system:authenticated", "system:unauthenticated"]}\n  - {level: None, verbs: [get]}',
    ['4:3 policy.failedLoginsDropped rules'],
  ],
  [
    'policy.probingDropped',
    `  - {level: None, nonResourceURLs: [/healthz*, /api*]}\n${catchAll}`,
    ['4:36 policy.probingDropped rules[0].nonResourceURLs'],
  ],
  [
    'policy.managedFields',
    `  - {level: Request, verbs: [create], resources: [{group: apps}]}
  - {level: Request, verbs: [get], resources: [{group: apps}]}
  - {level: RequestResponse, verbs: [delete], resources: [{group: apps}], omitManagedFields: true}
${catchAll}`,
    ['4:13 policy.managedFields rules[0].level'],
  ],
  [
    'policy.poisonPatch',
    `  - {level: Request, verbs: [create], resources: [{group: apps}], omitManagedFields: true}
  - {level: Request, verbs: [patch], resources: [{group: apps}], omitManagedFields: true}
${catchAll}`,
    ['5:13 policy.poisonPatch rules[1].level'],
  ],
  [
    'policy.cisStig',
    `  - {level: Metadata, resources: [{group: "", resources: [secrets, configmaps, serviceaccounts/token]}, {group: authentication.k8s.io, resources: [tokenreviews]}]}
  - {level: RequestResponse, omitManagedFields: true} # --audit-webhook-truncate-enabled`,
    ['5:13 policy.cisStig rules[1].level'],
  ],
]

describe('the check of an audit policy finds', () => {
  it.each(cases)('%s', (_code, rules, expected) => {
    expect(problemsOf(rules)).toEqual(expected)
  })

  it('each kind of warning that there is in one of these cases', () => {
    expect(cases.map(([code]) => code)).toEqual(Object.keys(checkCodes))
  })

  it('that a policy as the STIG wants it writes secrets down, and that CIS does not want that', () => {
    const before = 'omitManagedFields: true\n'
    expect(problemsOf('  - level: RequestResponse', { before, kubernetesVersion: '1.37' })).toEqual(
      ['5:12 policy.secretBodies rules[0].level', '5:12 policy.cisStig rules[0].level'],
    )
  })

  it('ResponseStarted omitted for all', () => {
    expect(problemsOf(catchAll, { before: 'omitStages: [ResponseStarted]\n' })).toEqual([
      '3:14 policy.responseStartedOmitted omitStages[0]',
    ])
  })

  it('that nothing is recorded', () => {
    expect(problemsOf('  - level: None')).toEqual([
      '4:12 policy.sessionsDropped rules[0].level',
      '4:12 policy.failedLoginsDropped rules[0].level',
    ])
  })

  it('nothing where the file names the flag or the conflict in a comment, or patches are safe', () => {
    const rules = `  - {level: Request, resources: [{group: apps}], omitManagedFields: true}\n${catchAll}`
    expect(problemsOf(rules, { kubernetesVersion: '1.37' })).toEqual([])
    expect(problemsOf(`${rules} # --audit-log-truncate-enabled`)).toEqual([])
    expect(problemsOf(`${rules}`)).toHaveLength(1)
  })

  it('nothing in discovery that is dropped for programs of the cluster only', () => {
    const rule = '{level: None, userGroups: ["system:nodes"], nonResourceURLs: ["/api*", /apis]}'
    expect(problemsOf(`  - ${rule}\n${catchAll}`)).toEqual([])
  })

  it('errors only, where there are errors', () => {
    expect(problemsOf('  - {level: none, verbs: ["*"]}')).toEqual([
      '4:13 policy.level rules[0].level',
    ])
  })
})

describe('a message of the check', () => {
  const messageOf = (rules: string): string | undefined =>
    checkAuditPolicy(`apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n${rules}\n${catchAll}`, {
      path,
    })[0]?.message

  it.each([
    [
      '{level: Metadata, resources: [{group: "", resources: [deployments]}]}',
      'did you mean group apps?',
    ],
    ['{level: Metadata, resources: [{group: apps, resources: [pods]}]}', 'did you mean group ""?'],
    ['{level: Metadata, resources: [{group: "", resources: [exec]}]}', 'did you mean pods/exec?'],
    ['{level: Metadata, resources: [{group: batch, resources: [Job]}]}', 'did you mean jobs?'],
    [
      '{level: Metadata, users: ["system:serviceaccount:ci:*"]}',
      'system:serviceaccounts:ci, in userGroups',
    ],
    ['{level: Metadata}', 'meets rules[0] before; remove it, or move it up'],
  ])('%s says: %s', (rule, expected) => {
    expect(messageOf(`  - ${rule}`)).toContain(expected)
  })
})

describe('the policy templates', () => {
  const names = readdirSync('policy-templates').filter((name) => /^[a-z0-9-]+\.yml$/.test(name))
  it.each(names.filter((name) => name !== 'openshift.yml'))('%s has no problem', (name) => {
    const text = readFileSync(`policy-templates/${name}`, 'utf8')
    for (const kubernetesVersion of ['1.29', '1.36', '1.37'])
      expect(checkAuditPolicy(text, { path: name, kubernetesVersion })).toEqual([])
  })
})
