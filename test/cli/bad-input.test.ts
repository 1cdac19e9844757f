import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { readRecording } from '../support/recordings.ts'
import { runCommand } from '../support/run-command.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'

const brokenRule =
  'title: Bad\nlogsource: { product: kubernetes }\ndetection:\n  a: { verb: get }\n  condition: b\n'
const brokenRuleLine = (path: string) =>
  `kubewitness: rules.invalid: a rule has a problem: ${path}:5:14: error: there is no selection \`b\`; there are: a [condition.undefined]; correct the file; \`kubewitness rules lint PATH\` checks it\n`

let folder: TemporaryFolder
beforeAll(async () => {
  folder = await createTemporaryFolder('bad-input')
})
afterAll(() => folder[Symbol.asyncDispose]())

function put(name: string, text: string): string {
  const path = join(folder.path, name)
  writeFileSync(path, text)
  return path
}

let configs = 0
async function serve(config: Readonly<Record<string, unknown>>) {
  configs += 1
  const { webhook, ...others } = config
  const file = put(
    `config-${configs}.yml`,
    stringify({
      dataDirectory: join(folder.path, `data-${configs}`),
      admin: { listen: '127.0.0.1:0' },
      webhook: { listen: '127.0.0.1:0', ...(typeof webhook === 'object' ? webhook : {}) },
      ...others,
    }),
  )
  return runCommand(['serve', '--config', file])
}

describe('serve refuses to start, with one line that says what, where and what to do', () => {
  it('when the data directory cannot be made', async () => {
    expect(await serve({ dataDirectory: '/proc/nope' })).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(
        /^kubewitness: log\.permission: cannot use the data directory \/proc\/nope \(.+\); make it writable for this user, or set dataDirectory to another folder\n$/,
      ),
    })
  })

  it('when the data directory is a file', async () => {
    const file = put('not-a-folder', '')
    expect(await serve({ dataDirectory: file })).toMatchObject({
      code: 3,
      stderr: `kubewitness: log.permission: cannot use the data directory ${file} (EEXIST: file already exists, mkdir '${file}'); make it writable for this user, or set dataDirectory to another folder\n`,
    })
  })

  it('when a rule is broken', async () => {
    const rule = put('bad.yml', brokenRule)
    expect(await serve({ rules: { paths: [rule] } })).toEqual({
      code: 2,
      stdout: '',
      stderr: brokenRuleLine(rule),
    })
  })

  it('when a rule file is missing', async () => {
    const rule = join(folder.path, 'absent.yml')
    expect(await serve({ rules: { paths: [rule] } })).toEqual({
      code: 2,
      stdout: '',
      stderr: `kubewitness: rules.unreadable: cannot read rules from ${rule}: there is no such file or folder; correct rules.paths in the configuration, or the path on the command line\n`,
    })
  })

  it('when the mapping of rules is missing', async () => {
    const mapping = join(folder.path, 'absent.yml')
    expect(await serve({ rules: { mapping } })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /; correct rules\.mapping in the configuration, or --mapping\n$/,
      ),
    })
  })

  it('when a certificate file is empty', async () => {
    const certFile = put('empty.crt', '')
    const tls = { mode: 'files', certFile, keyFile: certFile }
    expect(await serve({ webhook: { tls } })).toEqual({
      code: 2,
      stdout: '',
      stderr: `kubewitness: tls.invalid: ${certFile} is not PEM; correct the files named under webhook.tls, or use mode: auto\n`,
    })
  })

  it('when the file of a sink’s secret is missing', async () => {
    const webhookUrlFile = join(folder.path, 'absent')
    expect(await serve({ sinks: [{ name: 'chat', type: 'slack', webhookUrlFile }] })).toEqual({
      code: 2,
      stdout: '',
      stderr: `kubewitness: config.secret: cannot read a secret from ${webhookUrlFile} (ENOENT: no such file or directory, open '${webhookUrlFile}'); write the secret into that file, readable for this user alone\n`,
    })
  })

  it('when a token file is empty', async () => {
    const tokenFile = put('empty-token', '\n')
    expect(await serve({ webhook: { clusters: [{ name: 'prod', tokenFile }] } })).toEqual({
      code: 2,
      stdout: '',
      stderr: `kubewitness: config.secret: the token file ${tokenFile} is empty; put one token of printable characters without spaces on a line, readable by this process only\n`,
    })
  })
})

describe('scan', () => {
  it('names a broken rule by file, line and column', async () => {
    const rule = put('bad.yml', brokenRule)
    const events = put('events.jsonl', '{}\n')
    expect(await runCommand(['scan', events, '--rules', rule])).toEqual({
      code: 2,
      stdout: '',
      stderr: brokenRuleLine(rule),
    })
  })

  it('sends the terminal nothing of a rule that it would obey', async () => {
    const rule = put('escape.yml', brokenRule.replace('verb: get', '"verb|\\e[31m\\u202e": get'))
    const { stdout, stderr } = await runCommand(['rules', 'lint', rule])
    expect(stdout + stderr).toContain('\\u001b[31m\\u202e')
    expect(stdout + stderr).not.toMatch(/[\u001b\u202e]/)
  })

  it('takes the last of --rules as the file when no other was given', async () => {
    mkdirSync(join(folder.path, 'no-rules'))
    const events = put('events.jsonl', readRecording('attacks/exec-websocket.jsonl').toString())
    expect(
      await runCommand([
        'scan',
        '--no-builtin-rules',
        '--rules',
        join(folder.path, 'no-rules'),
        events,
      ]),
    ).toEqual({
      code: 0,
      stdout: 'No alerts.\n',
      stderr: expect.stringMatching(/^\d+ events, 0 alerts of 0 rules\n$/),
    })
    expect(await runCommand(['scan', '--rules', events])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'kubewitness: usage.invalid: no file of events was given; name it last; - is standard input\n',
    })
  })

  it('says of a file without events that it has none', async () => {
    const empty = put('empty.jsonl', '')
    expect(await runCommand(['scan', empty])).toEqual({
      code: 0,
      stdout: 'No alerts.\n',
      stderr: `no audit events in ${empty}\n0 events, 0 alerts of 0 rules\n`,
    })
  })
})
