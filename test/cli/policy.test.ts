import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { recordingsFolder } from '../support/recordings.ts'
import { runCommand } from '../support/run-command.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const secrets = join(recordingsFolder, 'attacks/secret-enumeration.jsonl.gz')
const template = (name: string): string => join('policy-templates', `${name}.yml`)

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('kubewitness rules coverage', () => {
  it('says of each rule whether a policy feeds it, and what is missing', async () => {
    const args = ['rules', 'coverage', '--policy', template('cis'), '--output', 'json']
    const { code, stdout } = await runCommand(args)
    const lines = linesOf(stdout)
    expect(code).toBe(0)
    expect(lines.find(({ rule }) => rule === 'pod_exec')).toMatchObject({
      status: 'fed',
      missing: [],
    })
    expect(lines.find(({ rule }) => rule === 'wildcard_role')).toMatchObject({
      status: 'blind',
      missing: [expect.stringContaining('roleRules needs Request')],
    })
  })

  it('says without a policy what each rule needs', async () => {
    const { stdout } = await runCommand(['rules', 'coverage', '--output', 'json'])
    expect(linesOf(stdout).find(({ rule }) => rule === 'pod_exec')).toMatchObject({
      level: 'Metadata',
      requests: ['any request of pods/exec attach'],
    })
  })

  it('refuses what is no audit policy, with a place', async () => {
    await using folder = await createTemporaryFolder('no-policy')
    const path = join(folder.path, 'policy.yml')
    writeFileSync(path, 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n  - level: metadata\n')
    const { code, stderr } = await runCommand(['rules', 'coverage', '--policy', path])
    expect(code).toBe(2)
    expect(stderr).toContain(`${path}:4:12: error: rules[0].level: unsupported value "metadata"`)
  })
})

describe('kubewitness policy generate', () => {
  it('gives the same text for the same rules, and that feeds them', async () => {
    await using folder = await createTemporaryFolder('generated')
    const rules = 'detections/privilege-escalation'
    const args = ['policy', 'generate', '--for-rules', rules, '--allow-bodies']
    const [first, second] = [await runCommand(args), await runCommand(args)]
    expect(first).toEqual(second)
    const path = join(folder.path, 'policy.yml')
    writeFileSync(path, first.stdout)
    const { stdout } = await runCommand([
      'rules',
      'coverage',
      '--no-builtin-rules',
      '--rules',
      rules,
      '--policy',
      path,
      '--output',
      'json',
    ])
    expect(new Set(linesOf(stdout).map(({ status }) => status))).toEqual(new Set(['fed']))
  })

  it('leaves out what is noise in recorded traffic, with its share', async () => {
    const day = join(recordingsFolder, 'benign/evening.jsonl.gz')
    const { code, stdout } = await runCommand(['policy', 'generate', '--observed', day])
    expect(code).toBe(0)
    expect(stdout).toMatch(/# Noise: \d+\.\d % of the recorded events, \d+\.\d % of their bytes/)
  })

  it('refuses a version and a template that it does not know', async () => {
    const version = await runCommand(['policy', 'generate', '--kubernetes-version', '1.12'])
    expect([version.code, version.stderr]).toEqual([2, expect.stringContaining('1.29 to 1.37')])
    const name = await runCommand(['policy', 'generate', '--template', '../x'])
    expect([name.code, name.stderr]).toEqual([
      2,
      expect.stringContaining('there is no policy template'),
    ])
  })
})

describe('kubewitness policy simulate', () => {
  it('counts by rule, then in all, then what detections lose', async () => {
    await using folder = await createTemporaryFolder('simulated')
    const path = join(folder.path, 'policy.yml')
    writeFileSync(
      path,
      'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n  resources: [{group: "", resources: [secrets]}]\n- level: Metadata\n',
    )
    const args = ['policy', 'simulate', secrets, '--policy', path, '--output', 'json']
    const { code, stdout } = await runCommand(args)
    const [none, rest, unmatched, totals, ...detections] = linesOf(stdout)
    expect(code).toBe(0)
    expect(none).toMatchObject({ rule: 0, level: 'None', events: 0, bytes: 0 })
    expect(none?.['requests']).toBeGreaterThan(10)
    expect(rest).toMatchObject({ rule: 1, level: 'Metadata' })
    expect(unmatched).toEqual({ rule: null, level: 'None', requests: 0, events: 0, bytes: 0 })
    expect(totals).toMatchObject({
      total: { events: rest?.['events'] },
      notInRecording: { poorerThanPolicy: 0, levels: ['Metadata'] },
    })
    const lost = detections.find(({ detection }) => detection === 'secrets_listed_in_namespace')
    expect(lost).toMatchObject({ status: 'blind', was: 'fed', matches: 0 })
  })
})

it('kubewitness policy simulate lists what it cannot read by file and offset, and goes on', async () => {
  await using folder = await createTemporaryFolder('rejected')
  const path = join(folder.path, 'events.jsonl')
  const event =
    '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a","stage":"ResponseComplete","verb":"get"}'
  writeFileSync(path, `${event}\n{"kind":}\n${event}\n`)
  const { code, stdout, stderr } = await runCommand([
    ...['policy', 'simulate', path, '--policy', template('forensic'), '--output', 'json'],
  ])
  expect(code).toBe(0)
  expect(stderr).toMatch(
    new RegExp(
      `^${path}: offset ${event.length + 1}, .*\n1 items are no events and were left out\n$`,
    ),
  )
  expect(linesOf(stdout).some(({ total }) => (total as { events: number })?.events === 2)).toBe(
    true,
  )
})

describe('kubewitness policy evaluate', () => {
  const policy =
    'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [Panic]\nomitManagedFields: true\nrules:\n- level: Request\n  users: [alice]\n  omitStages: [RequestReceived]\n  omitManagedFields: false\n- level: Metadata\n  nonResourceURLs: ["*"]\n'
  const pod = { resourceAttributes: { verb: 'get', resource: 'pods' } }
  async function evaluate(requests: string, text = policy, ...more: readonly string[]) {
    await using folder = await createTemporaryFolder('evaluated')
    const path = join(folder.path, 'policy.yml')
    writeFileSync(path, text)
    const args = ['policy', 'evaluate', '--policy', path, '--requests', '-', ...more]
    return { path, ...(await runCommand(args, { stdin: requests })) }
  }

  it('gives a line for each request, with the stages in the order of the pipeline', async () => {
    const requests = [
      { user: 'alice', groups: ['a'], extra: { scopes: ['x'] }, uid: '1', ...pod },
      pod,
      { user: null, nonResourceAttributes: { path: '/version', verb: 'get' } },
    ]
    const text = `\ufeff${requests.map((each) => JSON.stringify(each)).join('\r\n\r\n')}`
    const { code, stdout, stderr } = await evaluate(text)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toBe(
      '{"level":"Request","omitStages":["RequestReceived","Panic"],"omitManagedFields":false,"rule":0}\n' +
        '{"level":"None","omitStages":["Panic"],"omitManagedFields":true,"rule":null}\n' +
        '{"level":"Metadata","omitStages":["Panic"],"omitManagedFields":true,"rule":1}\n',
    )
  })

  it('gives a table to people', async () => {
    const { stdout } = await evaluate(JSON.stringify(pod), policy, '--output', 'table')
    expect(stdout).toBe(
      'LINE  LEVEL  OMITTED STAGES  MANAGED FIELDS  RULE\n1     None   Panic           omitted         no rule\n',
    )
  })

  it.each([
    ['{"user": "alice"', /^kubewitness: requests.invalid: standard input:2: no JSON: /],
    ['[]', /standard input:2: the request: /],
    ['{"user": 7, "resourceAttributes": {}}', /standard input:2: user: .*string/],
    ['{"user": "alice"}', /standard input:2: has neither resourceAttributes nor /],
    ['{"spec": {"user": "alice"}}', /neither .*; give the spec of the review alone/],
    [
      '{"resourceAttributes": {}, "nonResourceAttributes": {}}',
      /standard input:2: has both resourceAttributes and nonResourceAttributes/,
    ],
  ])('refuses the line %j with its number', async (line, message) => {
    const { code, stderr } = await evaluate(`${JSON.stringify(pod)}\n${line}\n`)
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  it('refuses a line that never ends', async () => {
    const { code, stderr } = await evaluate(`${JSON.stringify(pod)}\n${'['.repeat(1 << 21)}`)
    expect(code).toBe(2)
    expect(stderr).toContain('standard input:2: longer than 1048576 characters')
  })

  it('says which fields no request has, once, and goes on', async () => {
    const line =
      '{"resourceAttributes": {"verb": "get", "resource": "pods", "subResource": "log"}}\n'
    const { code, stderr } = await evaluate(line.repeat(2))
    expect([code, stderr]).toEqual([
      0,
      'standard input:1: warning: an access review has no field resourceAttributes.subResource; it is dropped\n',
    ])
  })

  it('refuses a policy that the API server of the version would refuse, with its problems', async () => {
    const wildcard =
      'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n  resources: [{group: "*"}]\n'
    const newer = await evaluate(JSON.stringify(pod), wildcard)
    expect([newer.code, newer.stderr]).toEqual([0, ''])
    const { path, code, stdout, stderr } = await evaluate(
      JSON.stringify(pod),
      wildcard,
      '--kubernetes-version',
      '1.35',
    )
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`${path}:5:23: error: rules[0].resources[0].group: `)
  })
})

describe('kubewitness policy explain', () => {
  const args = ['policy', 'explain', '--policy', template('balanced')]
  const update =
    '{"user": "alice", "groups": ["dev", "system:authenticated"], "resourceAttributes": {"verb": "update", "group": "coordination.k8s.io", "resource": "leases", "namespace": "a", "name": "x"}}'

  it('gives the rule that a request meets, and of each before it the first field that did not match', async () => {
    const { code, stdout } = await runCommand([...args, update, '--output', 'json'])
    const [line] = linesOf(stdout)
    expect(code).toBe(0)
    expect(line).toMatchObject({ level: 'Metadata', omitStages: ['RequestReceived'] })
    const before = line?.['before'] as Record<string, unknown>[]
    expect(before).toHaveLength(Number(line?.['rule']))
    expect(before.slice(0, 3)).toEqual([
      {
        rule: 0,
        field: 'verbs',
        wants: ['get'],
        has: 'update',
      },
      {
        rule: 1,
        field: 'userGroups',
        wants: ['system:serviceaccounts'],
        has: ['dev', 'system:authenticated'],
      },
      {
        rule: 2,
        field: 'userGroups',
        wants: ['system:nodes', 'system:serviceaccounts'],
        has: ['dev', 'system:authenticated'],
      },
    ])
  })

  it('says to people what the rule has and what the request has', async () => {
    await using folder = await createTemporaryFolder('explained')
    const path = join(folder.path, 'policy.yml')
    writeFileSync(
      path,
      'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n  users: [bob]\n- level: Request\n  resources: [{group: apps}, {group: "", resources: [pods/exec], resourceNames: [a, b]}]\n- level: None\n  namespaces: [b]\n- level: None\n  nonResourceURLs: [/x]\n- level: Metadata\n  omitStages: [Panic]\n  verbs: [update]\n',
    )
    const requests = [update, '{"nonResourceAttributes": {"verb": "get", "path": "/y"}}'].join('\n')
    const { stdout } = await runCommand(
      ['policy', 'explain', '--policy', path, '--requests', '-'],
      { stdin: requests },
    )
    expect(stdout).toBe(
      [
        'update leases.coordination.k8s.io x in a by alice: Metadata without Panic (by rules[4])',
        'BEFORE    LEVEL    NO MATCH         RULE HAS              REQUEST HAS',
        'rules[0]  None     users            bob                   alice',
        'rules[1]  Request  resources        *.apps pods/exec=a|b  leases.coordination.k8s.io x',
        'rules[2]  None     namespaces       b                     a',
        'rules[3]  None     nonResourceURLs  /x                    leases.coordination.k8s.io x',
        '',
        'get /y by a client that failed to authenticate: None (no rule matches)',
        'BEFORE    LEVEL     NO MATCH         RULE HAS              REQUEST HAS',
        'rules[0]  None      users            bob                   no user',
        'rules[1]  Request   resources        *.apps pods/exec=a|b  /y',
        'rules[2]  None      namespaces       b                     /y',
        'rules[3]  None      nonResourceURLs  /x                    /y',
        'rules[4]  Metadata  verbs            update                get',
        '',
        '',
      ].join('\n'),
    )
  })

  it('takes one request, or a file of them', async () => {
    const neither = await runCommand(args)
    const both = await runCommand([...args, update, '--requests', '-'])
    const broken = await runCommand([...args, '{'])
    expect([neither.code, both.code, broken.code]).toEqual([2, 2, 2])
    expect(broken.stderr).toContain('requests.invalid: the request: no JSON')
  })
})
