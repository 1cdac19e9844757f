import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { recordingsFolder } from '../support/recordings.ts'
import { runCommand } from '../support/run-command.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const exec = join(recordingsFolder, 'attacks/exec-websocket.jsonl')
const rule =
  'title: A\nlogsource: { product: windows }\ndetection: { s: { host: a }, f: { b: 1 }, condition: s and not f }\n'

describe('kubewitness rules explain', () => {
  it('draws the condition as a tree, with what was read at every leaf', async () => {
    const { code, stdout } = await runCommand([
      'rules',
      'explain',
      'pod_exec',
      exec,
      '--index',
      '3',
    ])
    expect(code).toBe(0)
    expect(stdout).toBe(
      [
        'pod_exec does not match',
        '  ✗ selection: all of',
        '    ✗ objectRef.resource equals pods  <- subjectaccessreviews  [line 24]',
        '    ✗ objectRef.subresource equals exec or equals attach  <- (absent)  [line 25]',
        '    ✓ annotations.authorization.k8s.io/decision equals allow  <- allow  [line 28]',
        '',
      ].join('\n'),
    )
  })

  it('knows of credentials what the events before have told', async () => {
    const recording = join(recordingsFolder, 'attacks/pod-token-used-elsewhere.jsonl')
    const events = readFileSync(recording, 'utf8').split('\n')
    const index = events.findIndex((event) => event.includes('"203.0.113.50"'))
    const explain = ['rules', 'explain', 'pod_token_used_elsewhere', recording, '--index']
    const { code, stdout } = await runCommand([...explain, String(index)])
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'pod_token_used_elsewhere matches'])
    expect(stdout).toContain('credential.place equals elsewhere or equals otherNode  <- elsewhere')
  })

  it('takes a rule by its file, and gives all of it as JSON; a rule about other logs never matches', async () => {
    await using folder = await createTemporaryFolder('explain')
    const file = join(folder.path, 'a.yml')
    writeFileSync(file, rule)
    const explain = async (...options: string[]) => {
      const argv = ['rules', 'explain', file, '-', '--output', 'json', ...options]
      const { stdout } = await runCommand(argv, { stdin: '{"verb":"get","host":"a"}' })
      return JSON.parse(stdout) as object
    }
    expect(await explain('--mapping', 'none')).toMatchObject({
      rule: { name: 'a', title: 'A' },
      matches: true,
      isEvaluated: true,
      condition: { kind: 'and', holds: true, items: [{ kind: 'test', values: ['a'] }, {}] },
    })
    expect(await explain()).toMatchObject({ matches: false, isEvaluated: false })
  })

  it('says what is missing: the rule, or the event', async () => {
    const unknown = await runCommand(['rules', 'explain', 'pod_exce', exec])
    expect(unknown).toMatchObject({ code: 2, stdout: '' })
    expect(unknown.stderr).toContain('there is no rule or rule file pod_exce')
    const beyond = await runCommand(['rules', 'explain', 'pod_exec', '-', '--index', '1'], {
      stdin: '{"verb":"get"}',
    })
    expect(beyond).toMatchObject({ code: 2, stdout: '' })
    expect(beyond.stderr).toContain('- has no event 1')
  })

  it('says what a correlation is about, and of its rules what they say of the event', async () => {
    await using folder = await createTemporaryFolder('explain')
    const file = join(folder.path, 'c.yml')
    const parts = [
      'title: Many\nname: many\ncorrelation: { type: event_count, rules: [part], group-by: [peerIp, verb], timespan: 5m, condition: { gte: 3 } }',
      'title: Part\nname: part\nlogsource: { product: kubernetes }\ndetection: { s: { verb: get }, condition: s }',
    ]
    writeFileSync(file, parts.join('\n---\n'))
    const explain = (rule: string, ...options: readonly string[]) =>
      runCommand(['rules', 'explain', rule, '-', '--rules', file, ...options], {
        stdin: '{"kind":"Event","verb":"get"}',
      })
    const { stdout } = await explain('many')
    expect(stdout).toBe(
      [
        'many is a correlation: event_count of part within 300 s, by peerIp and verb; `kubewitness rules match` tells which events of a file complete it',
        'part matches',
        '  ✓ s: verb equals get  <- get  [line 8]',
        '',
      ].join('\n'),
    )
    const json = await explain('many', '--output', 'json')
    const records = json.stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    expect(records).toMatchObject([
      { rule: { name: 'many' }, correlation: { type: 'event_count', timespanUs: 300_000_000 } },
      { rule: { name: 'part' }, matches: true },
    ])
  })
})
