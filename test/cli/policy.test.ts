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
      missing: [expect.stringContaining('requestObject.rules.verbs'), expect.any(String)],
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
    expect(stderr).toContain(`${path}:4:12: error: rules.0.level: `)
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
