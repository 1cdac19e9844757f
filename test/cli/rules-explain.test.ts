import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventListBody } from '../support/bodies.ts'
import { recordingsFolder } from '../support/recordings.ts'
import { runCommand } from '../support/run-command.ts'
import { startApp } from '../support/running-app.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const exec = join(recordingsFolder, 'attacks/exec-websocket.jsonl')
const rule =
  'title: A\nlogsource: { product: windows }\ndetection: { s: { host: a }, f: { b: 1 }, condition: s and not f }\n'

describe('kubewitness rules explain', () => {
  it('draws the condition as a tree, with what was read at every leaf', async () => {
    const { code, stdout } = await runCommand([
      'rules',
      'explain',
      'virtual_machine_session_opened',
      exec,
      '--index',
      '3',
    ])
    expect(code).toBe(0)
    expect(stdout).toBe(
      [
        'virtual_machine_session_opened does not match',
        '  ✗ selection: all of',
        '    ✗ objectRef.apiGroup equals subresources.kubevirt.io  <- authorization.k8s.io  [line 24]',
        '    ✗ objectRef.subresource equals console or equals vnc or equals portforward or equals usbredir  <- (absent)  [line 25]',
        '    ✓ annotations.authorization.k8s.io/decision equals allow  <- allow  [line 30]',
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

  const habit = (condition = 'verb: get') =>
    `title: A\nname: a\nlogsource: { product: kubernetes }\ndetection: { s: { ${condition} }, condition: s }
kubewitness: { baseline: { kind: firstSeen, of: [objectRef.namespace], learning: 1d, history: 2 } }\n`
  const read = (day: number, namespace: string) =>
    JSON.stringify({
      auditID: `${day}`,
      stage: 'ResponseComplete',
      verb: 'get',
      user: { username: 'alice' },
      objectRef: { resource: 'secrets', namespace },
      stageTimestamp: `2026-01-0${day}T00:00:00.000000Z`,
    })

  it('says what the baseline of a rule has learnt by the events before, and what it makes of this one', async () => {
    await using folder = await createTemporaryFolder('explain')
    const file = join(folder.path, 'a.yml')
    writeFileSync(file, habit())
    const stdin = [read(1, 'shop'), read(2, 'shop'), read(3, 'pay'), read(4, 'pay')].join('\n')
    const explain = async (...options: string[]) =>
      (await runCommand(['rules', 'explain', file, '-', ...options], { stdin })).stdout
    expect(await explain('--index', '2')).toBe(
      [
        'a matches',
        '  ✓ s: verb equals get  <- get  [line 4]',
        'out of the ordinary: it is told',
        'baseline: objectRef.namespace that user.username had not before',
        'CLUSTER  KEY    SINCE                        TELLS FROM                   STILL NEEDED  LEARNT',
        'default  alice  2026-01-01T00:00:00.000000Z  2026-01-02T00:00:00.000000Z  0             shop, pay',
        '',
      ].join('\n'),
    )
    const last = JSON.parse(await explain('--index', '3', '--output', 'json')) as object
    expect(last).toMatchObject({
      matches: true,
      baseline: { isTold: false, learnt: [{ key: ['alice'], values: [{ value: 'shop' }, {}] }] },
    })
  })

  it('says what the service has learnt, from its store', async () => {
    await using folder = await createTemporaryFolder('explain')
    const path = join(folder.path, 'rules.yml')
    writeFileSync(path, habit())
    await using service = await startApp({ rules: { builtin: false, paths: [path] } })
    await service.post(eventListBody([read(1, 'shop'), read(2, 'pay')]))
    await service.settle()
    const config = join(folder.path, 'config.yml')
    const settings = {
      dataDirectory: join(service.folder, 'data'),
      rules: { builtin: false, paths: [path] },
      sinks: [],
    }
    writeFileSync(config, JSON.stringify(settings))
    const explain = (rule: string, ...options: string[]) =>
      runCommand(['rules', 'explain', rule, '--config', config, ...options])
    const cells = async () => (await explain('a')).stdout.trim().split('\n').at(-1)?.split(/ {2,}/)
    await expect
      .poll(cells, { timeout: 20_000 })
      .toEqual([
        'default',
        'alice',
        '2026-01-01T00:00:00.000000Z',
        '2026-01-02T00:00:00.000000Z',
        '0',
        'shop, pay',
      ])
    const { stdout } = await explain('a', '--output', 'json')
    expect(JSON.parse(stdout)).toMatchObject({ rule: { name: 'a' }, learnt: [{ key: ['alice'] }] })
    expect(await explain('b')).toMatchObject({ code: 2, stdout: '' })
    writeFileSync(path, habit().split('kubewitness')[0]!)
    expect((await explain('a')).stderr).toContain('a has no baseline: it learns nothing')
  })
})
