import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig, parseConfig } from '../../src/config/load.ts'
import { KubewitnessError } from '../../src/errors.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

function problemsOf(text: string): string {
  try {
    parseConfig(text, 'k.yml', '/etc/kubewitness')
  } catch (error) {
    if (error instanceof KubewitnessError && error.code === 'config.invalid') return error.message
    throw error
  }
  return 'no problems'
}

describe('the configuration', () => {
  it('has defaults for everything', () => {
    const config = parseConfig('', 'k.yml', '/srv')
    expect(config).toMatchObject({
      dataDirectory: '/srv/data',
      webhook: { listen: '127.0.0.1:9443', tls: { mode: 'auto' }, clusters: [{ name: 'default' }] },
      admin: { listen: '127.0.0.1:9480' },
      rules: { builtin: true, paths: [], minimumLevel: 'low', placeholders: {} },
      log: { type: 'sqlite' },
      sinks: [{ name: 'console', type: 'stdout' }],
    })
  })

  it('takes relative paths from the folder of the file', () => {
    const config = parseConfig(
      'dataDirectory: here\nrules: { paths: [a, /b], mapping: m.yml, placeholders: { paths: [c] } }',
      'k.yml',
      '/etc/kubewitness',
    )
    expect([config.dataDirectory, ...config.rules.paths, config.rules.mapping]).toEqual([
      '/etc/kubewitness/here',
      '/etc/kubewitness/a',
      '/b',
      '/etc/kubewitness/m.yml',
    ])
    expect(config.rules.placeholders).toEqual({ paths: ['c'] })
  })

  it('takes the files of every kind of sink from there, and touches nothing whose key the user has chosen', () => {
    const sinks = [
      { name: 'pager', type: 'pagerduty', routingKeyFile: 'key' },
      {
        name: 'store',
        type: 's3',
        bucket: 'alerts',
        accessKeyIdFile: 'id',
        secretAccessKeyFile: 'secret',
        sessionTokenFile: 'token',
      },
      {
        name: 'manager',
        type: 'alertmanager',
        url: 'https://alerts.example.com',
        bearerTokenFile: 'bearer',
        labels: { path: 'to', team_File: 'x' },
      },
      {
        name: 'hook',
        type: 'webhook',
        url: 'https://hook.example.com',
        headers: { 'x-key': { file: 'header' }, path: 'a/b' },
        body: { path: '{{ target.name }}', in: [{ mapping: 'm', file: 'f', keyFile: 'k' }] },
      },
    ]
    const config = parseConfig(JSON.stringify({ sinks }), 'k.yml', '/etc/k')
    expect(config.sinks).toMatchObject([
      { routingKeyFile: '/etc/k/key' },
      {
        accessKeyIdFile: '/etc/k/id',
        secretAccessKeyFile: '/etc/k/secret',
        sessionTokenFile: '/etc/k/token',
      },
      { bearerTokenFile: '/etc/k/bearer', labels: sinks[2]?.labels },
      { headers: { 'x-key': { file: '/etc/k/header' }, path: 'a/b' }, body: sinks[3]?.body },
    ])
  })

  it('refuses routes that lead to no sink, or leave no way for the rest', () => {
    const text = [
      'sinks:',
      '  - { name: chat, type: stdout }',
      'routes:',
      '  - { match: { level: critical }, sinks: [chat, pager] }',
      '  - { match: { minimumLevel: high, actor: { regex: "(" } }, sinks: [] }',
    ]
    const message = problemsOf(text.join('\n'))
    expect(message).toContain(
      'k.yml:4: routes[0].sinks[1]: no sink is named pager; there are chat\n',
    )
    expect(message).toContain('k.yml:5: routes[1].match.actor.regex: error parsing regexp')
    expect(message).toContain('k.yml:5: routes[1]: the last route must have neither match nor')
  })

  it('reports every problem at once, each with line, path and what is allowed', () => {
    const text = [
      'dataDirectory: ./data',
      'webhok: {}',
      'webhook:',
      '  listen: nowhere',
      '  tls: { mode: maybe }',
      'rules:',
      '  minimumLevel: grave',
      'sinks:',
      '  - { name: a, type: carrier-pigeon }',
      '  - { name: b, type: file }',
    ].join('\n')
    const message = problemsOf(text)
    expect(message).toContain(
      'k.yml:2: webhok: unknown key; did you mean webhook? allowed here: dataDirectory, webhook, admin',
    )
    expect(message).toContain('k.yml:4: webhook.listen: must be host:port')
    expect(message).toMatch(/k\.yml:5: webhook\.tls.*: mode must be one of: auto, files, off/)
    expect(message).toContain(
      'k.yml:7: rules.minimumLevel: must be one of: informational, low, medium, high, critical',
    )
    expect(message).toMatch(
      /k\.yml:9: sinks\[0\].*: type must be one of: stdout, file, webhook, slack, elasticsearch/,
    )
    expect(message).toMatch(/k\.yml:10: sinks\[1\]\.path: /)
  })

  it('says of what kind a value has to be, in the words of people', () => {
    const text = [
      'rules: { paths: ./rules, builtin: 1 }',
      'webhook: []',
      'sinks: off',
      'log:',
    ].join('\n')
    expect(problemsOf(text).trimEnd().split('\n').slice(1)).toEqual([
      '  k.yml:2: webhook: must be a section with keys, and is a list',
      '  k.yml:1: rules.builtin: must be true or false, and is a number',
      '  k.yml:1: rules.paths: must be a list, and is a text',
      '  k.yml:4: log: must be a section with keys',
      '  k.yml:3: sinks: must be a list, and is a text',
    ])
  })

  it('says of an unknown key what may have been meant, of what the file says that the section is', () => {
    const text = [
      'log: { retension: {} }',
      'sinks:',
      '  - { name: a, type: file, path: x, paht: y }',
      '  - { name: b, type: stdout, colour: red }',
    ].join('\n')
    expect(problemsOf(text).trimEnd().split('\n').slice(1)).toEqual([
      '  k.yml:1: log.retension: unknown key; did you mean retention? allowed here: type, retention',
      '  k.yml:3: sinks[0].paht: unknown key; did you mean path? allowed here: name, minimumLevel, type, path',
      '  k.yml:4: sinks[1].colour: unknown key; allowed here: name, minimumLevel, type',
    ])
  })

  it('refuses what expands without bound, and what is nested too deeply', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x]']
    for (const [name, before] of ['ba', 'cb', 'dc', 'ed', 'fe'].map((pair) => [...pair]))
      bomb.push(`${name}: &${name} [${Array.from({ length: 8 }, () => `*${before}`).join(', ')}]`)
    expect(problemsOf(bomb.join('\n'))).toBe(
      'the configuration has a problem:\n  k.yml: cannot be read as YAML: Excessive alias count indicates a resource exhaustion attack\n',
    )
    expect(problemsOf('['.repeat(9000) + ']'.repeat(9000))).toMatch(/k\.yml.*call stack/)
  })

  it('says of more problems than anybody reads only how many there are', () => {
    const lines = problemsOf('- a\n'.repeat(3) + 'x: ]\n'.repeat(100))
      .trimEnd()
      .split('\n')
    expect([lines.length, lines.at(-1)]).toEqual([52, expect.stringMatching(/^ {2}and \d+ more$/)])
  })

  it('refuses two sinks of one name', () => {
    expect(problemsOf('sinks: [{ name: a, type: stdout }, { name: a, type: stdout }]')).toContain(
      'sinks[1].name: another sink has the name a',
    )
  })

  it('says where the YAML breaks', () => {
    expect(problemsOf('a: [1\nb: 2')).toMatch(/k\.yml:2: /)
    expect(problemsOf('admin: {}\nadmin: {}')).toContain('k.yml:2')
    expect(problemsOf('- a list')).toMatch(/k\.yml.*must be a section with keys, and is a list/)
  })

  it('is kubewitness.yml in the working directory unless a file is named', async () => {
    await using temporary = await createTemporaryFolder('config')
    const folder = temporary.path
    expect(loadConfig(undefined, folder).file).toBeUndefined()
    writeFileSync(join(folder, 'kubewitness.yml'), 'logLevel: warn')
    expect(loadConfig(undefined, folder)).toMatchObject({
      file: join(folder, 'kubewitness.yml'),
      config: { logLevel: 'warn' },
    })
    expect(() => loadConfig('absent.yml', folder)).toThrow(
      /cannot read the configuration .*absent\.yml/,
    )
  })

  it('refuses a report on roles that cannot come, with what is missing', () => {
    const message = problemsOf(
      [
        'roles:',
        '  manifests:',
        '    - { cluster: a, paths: [rbac], kubernetesVersion: "1.2" }',
        '    - { cluster: b, paths: [] }',
        '  report: { schedule: 0 66 * * 1, timeZone: Nowhere/City }',
      ].join('\n'),
    )
    expect(message.split('\n').slice(1)).toEqual([
      '  k.yml:3: roles.manifests[0].kubernetesVersion: give 1.29 to 1.37',
      expect.stringMatching(/^ {2}k\.yml:4: roles\.manifests\[1\]\.paths: /),
      '  k.yml:5: roles.report.schedule: is no cron expression (hour: 66 is a invalid expression for hour); give minute, hour, day of month, month and day of week, as in 0 6 * * 1',
      '  k.yml:5: roles.report.timeZone: is no time zone; give a name of the tz database, as in Europe/Berlin',
      '  k.yml:5: roles.report: needs what is observed: set roles.observe to true',
      '',
    ])
    expect(
      problemsOf('roles: { manifests: [{cluster: a, paths: [x]}, {cluster: a, paths: [y]}] }'),
    ).toContain('a stands above already; put all its paths there')
    expect(problemsOf('roles: { observe: true, report: { schedule: 0 6 * * 1 } }')).toContain(
      'roles.report: needs what is granted: give roles.manifests',
    )
  })
})
