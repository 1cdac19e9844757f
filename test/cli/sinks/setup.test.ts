import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { elasticsearchReply, startScriptedServer } from '../../sinks/scripted-server.ts'
import { runCommand } from '../../support/run-command.ts'
import { createTemporaryFolder } from '../../support/temporary-folder.ts'

async function configured(sink: object) {
  const folder = await createTemporaryFolder('sinks')
  const sinks = [
    { name: 'console', type: 'stdout' },
    { name: 'search', type: 'elasticsearch', ...sink },
  ]
  writeFileSync(join(folder.path, 'kubewitness.yml'), JSON.stringify({ sinks }))
  const run = (...words: readonly string[]) =>
    runCommand(['sinks', 'setup', ...words], { folder: folder.path })
  return { run, folder, [Symbol.asyncDispose]: folder.remove }
}

describe('kubewitness sinks setup', () => {
  it('prints what to do by hand, and connects to nothing', async () => {
    await using here = await configured({
      nodes: ['http://127.0.0.1:1'],
      archiveEvents: true,
      namespace: 'eu',
    })
    const { code, stdout } = await here.run('search', '--export')
    expect(code).toBe(0)
    const requests = stdout.split('\n').filter((line) => /^(PUT|POST) /.test(line))
    expect(requests).toEqual([
      'PUT /_component_template/kubewitness-alerts@base',
      'PUT /_index_template/kubewitness-alerts-eu',
      'PUT /_component_template/kubewitness-events@base',
      'PUT /_index_template/kubewitness-events-eu',
      'POST /_security/api_key',
    ])
    const body = stdout.slice(
      stdout.indexOf('POST /_security/api_key') + 'POST /_security/api_key'.length,
    )
    expect(JSON.parse(body)).toEqual({
      name: 'kubewitness-search',
      role_descriptors: {
        kubewitness: {
          cluster: ['monitor'],
          indices: [
            { names: ['kubewitness-alerts-eu-*'], privileges: ['auto_configure', 'index'] },
            {
              names: ['logs-kubernetes.audit_logs-eu'],
              privileges: ['auto_configure', 'create_doc'],
            },
          ],
        },
      },
    })
  })

  it('says what it would do, does it with the credentials that it is given, and is silent of them', async () => {
    const server = await startScriptedServer()
    try {
      server.reply = ({ method }) =>
        method === 'GET' ? elasticsearchReply(404, {}) : elasticsearchReply(200, {})
      await using here = await configured({ nodes: [server.origin], apiKeyEnv: 'NOT_THERE' })
      writeFileSync(join(here.folder.path, 'admin-key'), 'CANARY-admin')
      const dry = await here.run(
        'search',
        '--dry-run',
        '--api-key-file',
        'admin-key',
        '--output',
        'json',
      )
      expect(
        dry.stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown),
      ).toEqual([
        {
          kind: 'component template',
          name: 'kubewitness-alerts@base',
          state: 'missing',
          action: 'would be made',
        },
        {
          kind: 'index template',
          name: 'kubewitness-alerts-default',
          state: 'missing',
          action: 'would be made',
        },
      ])
      expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'GET'])
      const done = await here.run('search', '--api-key-file', 'admin-key')
      expect(done).toMatchObject({ code: 0, stderr: '' })
      expect(done.stdout).toBe(
        'WHAT                NAME                        WAS      DONE\n' +
          'component template  kubewitness-alerts@base     missing  made\n' +
          'index template      kubewitness-alerts-default  missing  made\n',
      )
      expect(new Set(server.requests.map(({ headers }) => headers.authorization))).toEqual(
        new Set(['ApiKey CANARY-admin']),
      )
      server.reply = () => elasticsearchReply(401, { error: { type: 'security_exception' } })
      const refused = await here.run('search', '--api-key-file', 'admin-key')
      expect(refused).toEqual({
        code: 3,
        stdout: '',
        stderr:
          'kubewitness: sink.unavailable: setting up sink search: 401 security_exception; check the credentials; `kubewitness sinks setup --export` says which privileges they need\n',
      })
    } finally {
      await server.close()
    }
  })

  it.each([
    [
      ['nowhere'],
      'there is no sink nowhere in the configuration; those of type elasticsearch or opensearch are search',
    ],
    [
      ['console'],
      'the sink console is of type stdout, which needs no set-up; those of type elasticsearch or opensearch are search',
    ],
    [
      ['search', '--username', 'x'],
      'the credentials are incomplete, or there are two; give --api-key-file, or --username and --password-file',
    ],
    [
      ['search', '--username', 'x', '--password-file', 'p', '--api-key-file', 'k'],
      'the credentials are incomplete, or there are two; give --api-key-file, or --username and --password-file',
    ],
  ])('refuses %j', async (words, message) => {
    await using here = await configured({ nodes: ['http://127.0.0.1:1'] })
    expect(await here.run(...words)).toEqual({
      code: 2,
      stdout: '',
      stderr: `kubewitness: usage.invalid: ${message}\n`,
    })
  })
})
