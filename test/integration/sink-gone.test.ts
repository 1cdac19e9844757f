import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Alert } from '../../src/contracts.ts'
import { choosePorts, type ServiceProcess, startService } from '../support/service-process.ts'
import { postBodies } from '../support/service-sender.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const rule =
  'title: Any\nid: 4f6d2b52-6a2e-4c39-9d3b-5b7d1c1e0a01\nlevel: low\nlogsource: { product: kubernetes }\ndetection: { s: { verb: get }, condition: s }\n'

const bodyOf = (username: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      kind: 'EventList',
      items: [{ auditID: username, stage: 'ResponseComplete', verb: 'get', user: { username } }],
    }),
  )

it('a sink whose folder or secret is missing keeps the service from its first start, with all that is missing, and later delays its alerts alone', async () => {
  await using folder = await createTemporaryFolder('sink-gone')
  const inFolder = (name: string): string => join(folder.path, name)
  writeFileSync(inFolder('any.yml'), rule)
  const alerts = inFolder('out/alerts.jsonl')
  const config = {
    rules: { builtin: false, paths: [inFolder('any.yml')] },
    sinks: [
      { name: 'file', type: 'file', path: alerts },
      { name: 'hook', type: 'webhook', urlFile: inFolder('url') },
    ],
  }
  const ports = await choosePorts()
  const start = (): Promise<ServiceProcess> => startService({ folder: folder.path, ports, config })
  const actors = (): string[] =>
    existsSync(alerts)
      ? readFileSync(alerts, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => (JSON.parse(line) as Alert).actor)
      : []
  const patient = { timeout: 30_000 }
  const clean = { code: 0, signal: null }

  await expect(start()).rejects.toThrow(
    [
      'kubewitness: config.invalid: 2 things that the configuration names cannot be used:',
      `  sink.unavailable: opening ${alerts} for sink file: ENOENT: no such file or directory, open '${alerts}'; create the folder ${inFolder('out')}`,
      `  config.secret: cannot read a secret from ${inFolder('url')} (ENOENT: no such file or directory, open '${inFolder('url')}'); write the secret into that file, readable for this user alone`,
      'correct all of them, and start again',
    ].join('\n'),
  )

  mkdirSync(inFolder('out'))
  writeFileSync(inFolder('url'), 'http://127.0.0.1:9/')
  const first = await start()
  await postBodies(first, [bodyOf('ann')])
  await expect.poll(actors, patient).toEqual(['ann'])
  rmSync(inFolder('out'), { recursive: true })
  await postBodies(first, [bodyOf('bob')])
  expect(await first.stop()).toEqual(clean)

  rmSync(inFolder('url'))
  const second = await start()
  await postBodies(second, [bodyOf('eve')])
  const told = second.stderrLines.filter((line) => line.includes('Sink cannot start'))
  expect(told.map((line) => (JSON.parse(line) as { sink: string }).sink).toSorted()).toEqual([
    'file',
    'hook',
  ])
  mkdirSync(inFolder('out'))
  await expect.poll(actors, patient).toEqual(['bob', 'eve'])
  expect(await second.stop()).toEqual(clean)
}, 120_000)
