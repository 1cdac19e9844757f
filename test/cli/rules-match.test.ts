import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../support/run-command.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const id = '0e95725d-7320-415d-80f7-004da920fc11'

function ruleText(detection: string, head = `id: ${id}\nlogsource: { product: windows }`): string {
  return `title: A rule\n${head}\ndetection: ${detection}\n`
}

/** Runs the command in a folder with the given files. */
async function match(
  files: Readonly<Record<string, string>>,
  argv: readonly string[],
): ReturnType<typeof runCommand> {
  await using folder = await createTemporaryFolder('match')
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text)
  return await runCommand([
    'rules',
    'match',
    ...argv.map((word) => (word in files ? join(folder.path, word) : word)),
  ])
}

const correlation = `title: Base
id: 6b1fd2b0-3d5e-4a53-8f0e-1f5c0c8b7a01
name: base
logsource: { product: windows }
detection: { s: { action: login }, condition: s }
---
title: Many
id: 6b1fd2b0-3d5e-4a53-8f0e-1f5c0c8b7a02
correlation: { type: event_count, rules: [base], group-by: [user], timespan: 1m, condition: { gte: 2 }, generate: GENERATE }
---
title: Few
id: 6b1fd2b0-3d5e-4a53-8f0e-1f5c0c8b7a03
correlation: { type: event_count, rules: [base], group-by: [user], timespan: 1m, condition: { lt: 2 } }
`

describe('kubewitness rules match', () => {
  it('writes which event completed a correlation, with its group, by the time that is asked for', async () => {
    const logins = [
      {
        action: 'login',
        user: 'a',
        ts: '2026-01-01T00:00:00Z',
        stageTimestamp: '2025-01-01T00:00:00Z',
      },
      { action: 'other', user: 'a', ts: '2026-01-01T00:00:01Z' },
      { action: 'login', user: 'b', ts: 1767225630 },
      { action: 'login', user: 'a', ts: '2026-01-01T00:00:59.9+00:00' },
      { action: 'login', user: 'a', ts: '2026-01-01T00:02:30Z' },
      { action: 'login', user: 'a', ts: '2026-01-01T00:01:30Z' },
    ]
    const files = {
      'r.yml': correlation.replace('GENERATE', 'false'),
      'g.yml': correlation.replace('GENERATE', 'true'),
      e: logins.map((login) => JSON.stringify(login)).join('\n'),
    }
    const run = async (rules: string, ...more: string[]) => {
      const argv = ['--rules', rules, '--mapping', 'none', ...more, 'e']
      const { code, stdout, stderr } = await match(files, argv)
      expect([code, stderr]).toEqual([0, ''])
      return stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { event: number; rule: string; group?: object })
        .map(({ event, rule, group }) =>
          [event, rule.at(-1), ...(group === undefined ? [] : [JSON.stringify(group)])].join(' '),
        )
    }
    const many = ['3 2 {"user":"a"}', '5 2 {"user":"a"}']
    const few = ['2 3 {"user":"b"}', '4 3 {"user":"a"}']
    expect((await run('r.yml', '--time-field', 'ts')).toSorted()).toEqual(
      [...many, ...few].toSorted(),
    )
    const heard = ['0 1', '2 1', '3 1', '4 1', '5 1']
    expect((await run('g.yml', '--time-field', 'ts')).toSorted()).toEqual(
      [...heard, ...many, ...few].toSorted(),
    )
  })

  it('says how many objects came too late for a correlation', async () => {
    const at = (ts: string) => JSON.stringify({ action: 'login', user: 'a', ts })
    const files = {
      'r.yml': correlation.replace('GENERATE', 'false'),
      e: ['10:00', '12:00', '00:00'].map((time) => at(`2026-01-01T00:${time}Z`)).join('\n'),
    }
    const argv = ['--rules', 'r.yml', '--mapping', 'none', '--time-field', 'ts', 'e']
    const { code, stdout, stderr } = await match(files, argv)
    const few = { rule: '6b1fd2b0-3d5e-4a53-8f0e-1f5c0c8b7a03', group: { user: 'a' } }
    const lines = stdout.trimEnd().split('\n')
    expect([code, lines.map((line) => JSON.parse(line))]).toEqual([
      0,
      [
        { event: 0, ...few },
        { event: 1, ...few },
      ],
    ])
    expect(stderr.split('\n')).toEqual([
      'Many: 1 object came too late and is left out; see `lateness` in docs/rules.md',
      'Few: 1 object came too late and is left out; see `lateness` in docs/rules.md',
      '',
    ])
  })

  it('with --mapping none reads any objects by their own keys, whatever the logsource', async () => {
    const events = [
      '{"peerIp":"x","a":{"b":1}}',
      '{"sourceIPs":["x"],"a.b":1}',
      '{"peerIp":["y","X"],"a.b":"1","kind":"Other","items":null}',
    ]
    const result = await match(
      { 'r.yml': ruleText('{ s: { peerIp: x, a.b: 1 }, condition: s }'), e: events.join('\n') },
      ['--rules', 'r.yml', '--mapping', 'none', 'e'],
    )
    expect(result).toEqual({
      code: 0,
      stdout: `{"event":0,"rule":"${id}"}\n{"event":2,"rule":"${id}"}\n`,
      stderr: '',
    })
  })

  it('with --mapping FILE reads what the names in rules stand for', async () => {
    const files = {
      'r.yml': ruleText(
        '{ s: { what: pods }, condition: s }',
        `id: ${id}\nlogsource: { product: kubernetes }`,
      ),
      'm.yml': 'fields: { what: objectRef.resource }',
      'broken.yml': 'fields: { what: objectref.resource }',
      e: '{"objectRef":{"resource":"pods"}}',
    }
    const found = await match(files, ['--rules', 'r.yml', '--mapping', 'm.yml', 'e'])
    expect(found).toEqual({ code: 0, stdout: `{"event":0,"rule":"${id}"}\n`, stderr: '' })
    expect(await match(files, ['--rules', 'r.yml', '--output', 'json', 'e'])).toMatchObject({
      stdout: '',
    })
    const broken = await match(files, ['--rules', 'r.yml', '--mapping', 'broken.yml', 'e'])
    expect(broken.code).toBe(2)
    expect(broken.stderr).toContain('audit events have no field `objectref.resource`')
  })

  it('with --config FILE knows the placeholders and the mapping of a configuration', async () => {
    const files = {
      'r.yml': ruleText(
        '{ s: { what|expand: "%kinds%" }, condition: s }',
        `id: ${id}\nlogsource: { product: kubernetes }`,
      ),
      'm.yml': 'fields: { what: objectRef.resource }',
      'c.yml': 'rules: { mapping: m.yml, placeholders: { kinds: [pods, nodes] } }',
      e: '{"objectRef":{"resource":"pods"}}',
    }
    const found = await match(files, ['--rules', 'r.yml', '--config', 'c.yml', 'e'])
    expect(found).toEqual({ code: 0, stdout: `{"event":0,"rule":"${id}"}\n`, stderr: '' })
    expect(await match(files, ['--rules', 'r.yml', '--output', 'json', 'e'])).toMatchObject({
      code: 2,
    })
  })

  it('counts the events of an array, of an EventList and of objects one after another alike', async () => {
    const inputs = [
      '[{"a":0},{"a":1},{"a":1}]',
      '{"items":[{"a":0},{"a":1},{"a":1}],"kind":"EventList"}',
      '{"a":0} {"a":1}{"a":1}',
    ]
    for (const e of inputs) {
      const { stdout } = await match({ 'r.yml': ruleText('{ s: { a: 1 }, condition: s }'), e }, [
        '--mapping',
        'none',
        '--rules',
        'r.yml',
        'e',
      ])
      expect(stdout).toBe(`{"event":1,"rule":"${id}"}\n{"event":2,"rule":"${id}"}\n`)
    }
  })

  it('without a mapping reads derived fields, and leaves rules about other products out', async () => {
    const detection = '{ s: { peerIp: 192.0.2.7 }, condition: s }'
    const audit =
      'title: B rule\nid: 0e95725d-7320-415d-80f7-004da920fc12\nlogsource: { product: kubernetes }'
    const { code, stdout, stderr } = await match(
      {
        'a.yml': `${audit}\ndetection: ${detection}`,
        'w.yml': ruleText(detection),
        e: '{"sourceIPs":["192.0.2.7"]}',
      },
      ['--rules', 'a.yml', 'w.yml', 'e'],
    )
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '{"event":0,"rule":"0e95725d-7320-415d-80f7-004da920fc12"}\n',
    })
    expect(stderr).toContain('[logsource.other]')
  })

  it('tells where a broken rule is, evaluates the others, and exits with 2', async () => {
    const { code, stdout, stderr } = await match(
      {
        'good.yml': ruleText('{ s: { a: 1 }, condition: s }'),
        'bad.yml': 'title: Bad\nlogsource: { product: x }\ndetection:\n  condition: nothing\n',
        e: '{"a":1}',
      },
      ['--rules', 'bad.yml', 'good.yml', '--mapping', 'none', 'e'],
    )
    expect({ code, stdout }).toEqual({ code: 2, stdout: `{"event":0,"rule":"${id}"}\n` })
    expect(stderr).toMatch(/bad\.yml:4:14: error: .*\[condition\.undefined\]\n$/)
  })

  it('gives a rule without an id the one that follows from its title', async () => {
    const { stdout } = await match(
      {
        'r.yml': ruleText('{ s: { a: 1 }, condition: s }', 'logsource: { product: x }'),
        e: '{"a":1}',
      },
      ['--rules', 'r.yml', '--mapping', 'none', 'e'],
    )
    expect(stdout).toMatch(/^\{"event":0,"rule":"[0-9a-f]{8}-[0-9a-f-]{27}"\}\n$/)
  })

  it('lists what is no object with its place, and goes on', async () => {
    const { code, stdout, stderr } = await match(
      { 'r.yml': ruleText('{ s: { a: 1 }, condition: s }'), e: '{"a":1}\n{"a":\n{"a":1}\n' },
      ['--rules', 'r.yml', '--mapping', 'none', 'e'],
    )
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `{"event":0,"rule":"${id}"}\n{"event":1,"rule":"${id}"}\n`,
    })
    expect(stderr).toMatch(/e: offset 8, \d+ bytes: /)
  })

  it('shows a table for people', async () => {
    const { stdout } = await match(
      { 'r.yml': ruleText('{ s: { a: 1 }, condition: s }'), e: '{"a":1}' },
      ['--rules', 'r.yml', '--mapping', 'none', '--output', 'table', 'e'],
    )
    expect(stdout).toBe(
      `EVENT  RULE                                  TITLE\n0      ${id}  A rule\n`,
    )
  })

  it('without a file says what is missing', async () => {
    const result = await match({ 'r.yml': ruleText('{ s: { a: 1 }, condition: s }') }, [
      '--rules',
      'r.yml',
    ])
    expect(result).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'kubewitness: usage.invalid: no file of events was given; name it last; - is standard input\n',
    })
  })

  const base = [
    'title: Base',
    'id: 11111111-7320-415d-80f7-004da920fc11',
    'name: base',
    'logsource: { product: windows }',
    'detection: { s: { a: [1, 2] }, condition: s }',
  ].join('\n')
  const twice = (more = ''): string =>
    [
      'title: Twice',
      `id: ${id}`,
      `correlation: { type: event_count, rules: [base], group-by: [u, n], timespan: 10s, condition: { gte: 2 }${more} }`,
    ].join('\n')

  /** Lines of the command over objects, with these rules in one file. */
  async function correlate(
    rules: readonly string[],
    objects: readonly object[],
    ...argv: readonly string[]
  ): ReturnType<typeof runCommand> {
    return match(
      { 'r.yml': rules.join('\n---\n'), e: objects.map((each) => JSON.stringify(each)).join('\n') },
      ['--rules', 'r.yml', '--mapping', 'none', ...argv, 'e'],
    )
  }

  it('tells the events that complete a correlation with their group, and not of the rules that it refers to', async () => {
    const at = (second: number, more: object = {}): object => ({
      stageTimestamp: `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`,
      a: 1,
      u: 'x',
      n: 403,
      second,
      ...more,
    })
    const objects = [at(30), at(12), at(11), at(9, { u: 'y' }), at(11), { a: 1, u: 'x', n: 403 }]
    expect(await correlate([twice(), base], objects)).toEqual({
      code: 0,
      stdout: `{"event":1,"rule":"${id}","group":{"u":"x","n":403}}\n`,
      stderr:
        '1 object has no time in `stageTimestamp`: left out of correlations; see --time-field\n',
    })
    const generated = await correlate([base, twice(', generate: true')], objects.slice(1, 3))
    expect(generated.stdout.split('\n')).toEqual([
      '{"event":0,"rule":"11111111-7320-415d-80f7-004da920fc11"}',
      `{"event":0,"rule":"${id}","group":{"u":"x","n":403}}`,
      '{"event":1,"rule":"11111111-7320-415d-80f7-004da920fc11"}',
      '',
    ])
    const table = await correlate([twice(), base], objects, '--output', 'table')
    expect(table.stdout).toBe(
      `EVENT  RULE                                  TITLE  GROUP\n1      ${id}  Twice  u=x n=403\n`,
    )
  })

  it('reads the time of --time-field, in whatever form it is', async () => {
    const times = [5, 1.5, 12, 11]
    const objects = times.map((t) => ({ a: 2, u: 'x', n: 1, when: { t } }))
    const found = await correlate([base, twice()], objects, '--time-field', 'when.t')
    expect(found.stdout.match(/"event":\d+/g)).toEqual(['"event":0', '"event":2', '"event":3'])
  })

  it('counts a request once, whatever order its stages come in', async () => {
    const stage = (auditID: string, name: string, t: number): object => ({
      ...{ auditID, stage: name, stageTimestamp: t, a: 1, u: 'x', n: 1 },
    })
    const objects = [
      stage('1', 'ResponseComplete', 2),
      stage('1', 'RequestReceived', 1),
      stage('2', 'ResponseComplete', 5),
      stage('2', 'RequestReceived', 4),
      stage('2', 'RequestReceived', 4),
    ]
    const { stdout } = await correlate([base, twice()], objects)
    expect(stdout).toBe(`{"event":3,"rule":"${id}","group":{"u":"x","n":1}}\n`)
  })

  it('leaves a correlation with an error out, and exits with 2', async () => {
    const { code, stdout, stderr } = await correlate(
      [base, twice().replace('timespan', 'span')],
      [{ a: 1 }],
    )
    expect({ code, stdout }).toEqual({
      code: 2,
      stdout: '{"event":0,"rule":"11111111-7320-415d-80f7-004da920fc11"}\n',
    })
    expect(stderr).toContain('[correlation.key]')
  })
})
