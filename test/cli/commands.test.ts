import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Alert } from '../../src/contracts.ts'
import { readRecording, recordingsFolder } from '../support/recordings.ts'
import { runCommand } from '../support/run-command.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const exec = join(recordingsFolder, 'attacks/exec-websocket.jsonl')

function jsonLines<T>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}

describe('kubewitness scan', () => {
  it('gives one alert a line, in its last revision, each with all events of its requests', async () => {
    const { code, stdout, stderr } = await runCommand(['scan', '--output', 'json', exec])
    const alerts = jsonLines<Alert>(stdout).filter((alert) => alert.rule.name === 'pod_exec')
    expect(code).toBe(0)
    expect(alerts).toHaveLength(1)
    expect(alerts[0]).toMatchObject({
      schema: 'kubewitness.alert/v1',
      status: 'closed',
      count: 3,
      actor: 'dana@acme-shop.example',
      peerIp: '10.60.7.60',
      target: { resource: 'pods', subresource: 'exec', namespace: 'payments' },
    })
    const stages = Map.groupBy(alerts[0]?.events ?? [], ({ auditID }) => auditID)
    expect([...stages.values()].map((events) => events.map(({ stage }) => stage))).toEqual(
      Array.from({ length: 3 }, () => ['ResponseStarted', 'ResponseComplete']),
    )
    expect(stderr).toMatch(/^\d+ events, \d+ alerts of \d+ rules\n$/)
  })

  it('shows a summary by rule and a timeline', async () => {
    const { stdout } = await runCommand(['scan', exec])
    expect(stdout).toMatch(/^LEVEL +ALERTS +COUNT +RULE +FIRST +LAST +ACTORS\n/)
    expect(stdout).toMatch(/\nTIME +LEVEL +FROM +WHAT\n/)
    expect(stdout).toContain('dana@acme-shop.example')
  })

  it('finds in an export of EKS, AKS or GKE what it finds in the log itself, and lists what is broken by file and offset', async () => {
    await using folder = await createTemporaryFolder('exports')
    const lines = readRecording('attacks/exec-websocket.jsonl').toString().trimEnd().split('\n')
    const record = (log: string): string =>
      JSON.stringify({ category: 'kube-audit', properties: { log } })
    const eks = join(folder.path, 'eks.json.gz')
    const aks = join(folder.path, 'aks.jsonl')
    const message = (text: string) => ({ timestamp: 1, message: text, ingestionTime: 2 })
    writeFileSync(
      eks,
      gzipSync(JSON.stringify({ events: [...lines, 'I0101 text'].map(message) }, null, 4)),
    )
    writeFileSync(aks, [record('{"kind":"Event","auditID":'), ...lines.map(record)].join('\n'))
    const idsOf = async (...files: string[]) => {
      const { stdout, stderr } = await runCommand(['scan', '--output', 'json', ...files])
      return { ids: jsonLines<Alert>(stdout).map(({ id }) => id), stderr }
    }
    const plain = await idsOf(exec)
    const fromEks = await idsOf(eks)
    const fromAks = await idsOf(aks)
    expect(fromEks.ids).toEqual(plain.ids)
    expect(fromAks.ids).toEqual(plain.ids)
    expect(fromEks.stderr).toMatch(/, 1 record of other logs passed over\n$/)
    expect(fromAks.stderr).toContain(`${aks}: offset 0, 26 bytes: truncated: `)
    expect(fromAks.stderr).toMatch(/, 1 item could not be decoded\n$/)
  })

  it('exits with 1 when an alert is at or above --fail-on, and only then', async () => {
    const codes = await Promise.all(
      ['medium', 'critical'].map(
        async (level) =>
          (
            await runCommand([
              'scan',
              '--no-builtin-rules',
              '--rules',
              'detections/execution/pod_exec.yml',
              '--fail-on',
              level,
              '--output',
              'json',
              exec,
            ])
          ).code,
      ),
    )
    expect(codes).toEqual([1, 0])
  })

  it('reads zstd, standard input and EventLists alike, and says which of several files a match is in', async () => {
    await using folder = await createTemporaryFolder('scan')
    const event = {
      level: 'Metadata',
      auditID: 'x',
      stage: 'ResponseComplete',
      verb: 'get',
      requestURI: '/x',
      user: { username: 'a' },
      sourceIPs: ['192.0.2.1'],
    }
    writeFileSync(
      join(folder.path, 'list.zst'),
      zstdCompressSync(JSON.stringify({ kind: 'EventList', items: [event] })),
    )
    writeFileSync(
      join(folder.path, 'rule.yml'),
      'title: Any\nid: 4f6d2b52-6a2e-4c39-9d3b-5b7d1c1e0a01\nlogsource: { product: kubernetes }\ndetection: { s: { verb: get }, condition: s }\n',
    )
    const { stdout } = await runCommand(
      [
        'scan',
        join(folder.path, 'list.zst'),
        '-',
        '--matches',
        '--no-builtin-rules',
        '--rules',
        join(folder.path, 'rule.yml'),
      ],
      { stdin: `${JSON.stringify({ ...event, auditID: 'y' })}\n` },
    )
    expect(jsonLines(stdout)).toEqual([
      {
        rule: { id: '4f6d2b52-6a2e-4c39-9d3b-5b7d1c1e0a01', title: 'Any', level: 'medium' },
        file: join(folder.path, 'list.zst'),
        event: { id: expect.any(String), auditID: 'x', stage: 'ResponseComplete', index: 0 },
      },
      {
        rule: { id: '4f6d2b52-6a2e-4c39-9d3b-5b7d1c1e0a01', title: 'Any', level: 'medium' },
        file: '-',
        event: { id: expect.any(String), auditID: 'y', stage: 'ResponseComplete', index: 0 },
      },
    ])
  })

  it('reads the files of several API servers as one stream, in whatever order they are named', async () => {
    await using folder = await createTemporaryFolder('scan')
    const rule = join(folder.path, 'rule.yml')
    writeFileSync(
      rule,
      [
        'title: Part\nid: 4f6d2b52-6a2e-4c39-9d3b-5b7d1c1e0a01\nname: part\nlogsource: { product: kubernetes }\ndetection: { s: { verb: get }, condition: s }',
        'title: Many\nid: 4f6d2b52-6a2e-4c39-9d3b-5b7d1c1e0a02\ncorrelation: { type: event_count, rules: [part], group-by: [user.username], timespan: 5m, condition: { gte: 4 } }',
      ].join('\n---\n'),
    )
    const events = (minutes: readonly number[]) =>
      minutes
        .map((minute) =>
          JSON.stringify({
            auditID: `${minute}`,
            stage: 'ResponseComplete',
            verb: 'get',
            user: { username: 'a' },
            stageTimestamp: `2026-01-01T${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:00Z`,
          }),
        )
        .join('\n')
    const [first, second, third] = ['1', '2', '3'].map((name) => join(folder.path, name))
    // One API server whose log was rotated, and another one.
    writeFileSync(first!, events([50, 61, 63]))
    writeFileSync(third!, events([70, 80]))
    writeFileSync(second!, events([60, 62, 75]))
    const scan = (files: readonly string[], stdin = '') =>
      runCommand(['scan', ...files, '--matches', '--no-builtin-rules', '--rules', rule], { stdin })
    for (const files of [
      [first!, second!, third!],
      [third!, second!, first!],
    ]) {
      const { code, stdout, stderr } = await scan(files)
      expect([code, stderr]).toEqual([0, ''])
      expect(jsonLines(stdout)).toMatchObject([{ count: 4, rule: { title: 'Many' } }])
    }
    const joined = await scan(['-'], [events([50, 61, 63]), events([60, 62])].join('\n'))
    expect(joined.stdout).toBe('')
    expect(joined.stderr).toContain('1 match came too late and was left out of correlations')
  })

  it('lists what could not be decoded with file and offset, and goes on with the rest', async () => {
    await using folder = await createTemporaryFolder('scan')
    const file = join(folder.path, 'audit.log')
    const good = readRecording('attacks/impersonation.rr.jsonl').toString('utf8').split('\n')[0]
    writeFileSync(file, `${good}\n{"auditID": nonsense}\n${good}\n`)
    const { code, stderr } = await runCommand(['scan', '--output', 'json', file])
    expect(code).toBe(0)
    expect(stderr).toMatch(
      new RegExp(`${file}: offset ${Buffer.byteLength(good ?? '') + 1}, 21 bytes: invalid_json`),
    )
    expect(stderr).toMatch(/2 events, .*1 item could not be decoded/)
  })

  it('says which file it could not read, scans the others, and exits with 3', async () => {
    const { code, stdout, stderr } = await runCommand([
      'scan',
      '--output',
      'json',
      '/nowhere/audit.log',
      exec,
    ])
    expect(code).toBe(3)
    expect(stderr).toMatch(/kubewitness: input\.unreadable: .*\/nowhere\/audit\.log/)
    expect(jsonLines(stdout).length).toBeGreaterThan(0)
  })
})

describe('kubewitness rules', () => {
  it('lists the rules that would be used', async () => {
    const { stdout } = await runCommand(['rules', 'list', '--output', 'json'])
    const rules = jsonLines<{ name: string }>(stdout)
    expect(rules.length).toBeGreaterThanOrEqual(20)
    expect(rules.map((rule) => rule.name)).toContain('pod_exec')
  })

  it('finds no problem in the rules that come with it, and their tests pass', async () => {
    expect(await runCommand(['rules', 'lint'])).toMatchObject({ code: 0, stdout: 'No problems.\n' })
    expect(await runCommand(['rules', 'test'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/^\d{2,} passed, 0 failed\n$/),
    })
  })

  it('says that a folder holds no tests, and which event of them is no YAML', async () => {
    await using folder = await createTemporaryFolder('rules')
    expect(await runCommand(['rules', 'test', folder.path])).toEqual({
      code: 0,
      stdout: '',
      stderr: `0 passed, 0 failed: there is no *.test.yml in ${folder.path}\n`,
    })
    const inFolder = (name: string): string => join(folder.path, name)
    mkdirSync(inFolder('events'))
    writeFileSync(inFolder('events/broken.yml'), 'a: [')
    writeFileSync(inFolder('any.test.yml'), 'rule: any\n')
    writeFileSync(
      inFolder('any.yml'),
      'title: Any\nid: 4f6d2b52-6a2e-4c39-9d3b-5b7d1c1e0a01\nlevel: low\nlogsource: { product: kubernetes }\ndetection: { s: { verb: get }, condition: s }\n',
    )
    const { code, stderr } = await runCommand(['rules', 'test', folder.path])
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(`rules.unreadable: ${inFolder('events/broken.yml')} is no YAML: `),
    ])
  })

  it('reports every problem of a rule with file, line and column, and exits with 1', async () => {
    await using folder = await createTemporaryFolder('rules')
    const file = join(folder.path, 'bad.yml')
    writeFileSync(
      file,
      'title: Bad\nlogsource: { product: kubernetes }\ndetection:\n  a: { verb|sounds-like: get }\n  condition: b\n',
    )
    const { code, stdout } = await runCommand(['rules', 'lint', '--output', 'json', file])
    expect(code).toBe(1)
    const problems = jsonLines<{ file: string; line: number; severity: string; message: string }>(
      stdout,
    )
    expect(problems.filter(({ severity }) => severity === 'error').map(({ line }) => line)).toEqual(
      [4, 5],
    )
  })
})

describe('wrong usage', () => {
  it('is one clear line and exit code 2', async () => {
    await using folder = await createTemporaryFolder('usage')
    writeFileSync(join(folder.path, 'bad.yml'), 'nonsense: true')
    const results = await Promise.all([
      runCommand(['scan', '--output', 'xml', exec]),
      runCommand(['scan', exec, '--rules', '/nowhere']),
      runCommand(['serve', '--config', '/nowhere.yml']),
      runCommand(['serve', '--config', join(folder.path, 'bad.yml')]),
      runCommand(['frobnicate']),
    ])
    expect(results.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2])
    expect(results.map(({ stderr }) => stderr.includes('    at '))).toEqual([
      false,
      false,
      false,
      false,
      false,
    ])
    expect(results[1]?.stderr).toBe(
      'kubewitness: rules.unreadable: cannot read rules from /nowhere: there is no such file or folder; correct rules.paths in the configuration, or the path on the command line\n',
    )
  })

  it('names the address when a port is in use, and the folder when it cannot be written', async () => {
    await using folder = await createTemporaryFolder('usage')
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    writeFileSync(
      join(folder.path, 'port.yml'),
      `logLevel: silent\nwebhook: { listen: "127.0.0.1:${port}" }\nadmin: { listen: "127.0.0.1:0" }\n`,
    )
    const inUse = await runCommand(['serve', '--config', join(folder.path, 'port.yml')])
    taken.close()
    expect(inUse).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(new RegExp(`^kubewitness: listen\\.inUse: .*${port}.*\n$`)),
    })
    mkdirSync(join(folder.path, 'x'))
    writeFileSync(join(folder.path, 'x', 'file'), '')
    writeFileSync(
      join(folder.path, 'folder.yml'),
      'logLevel: silent\ndataDirectory: ./x/file/data\n',
    )
    const unwritable = await runCommand(['serve', '--config', join(folder.path, 'folder.yml')])
    expect(unwritable).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(
        /^kubewitness: log\.permission: cannot use the data directory .*x\/file\/data .*; make it writable.*\n$/,
      ),
    })
  })
})
