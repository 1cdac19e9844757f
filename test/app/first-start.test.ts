import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { startService } from '../support/service-process.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import type { FirstStart } from './first-start-process.ts'

const script = fileURLToPath(new URL('./first-start-process.ts', import.meta.url))

async function answerOf(child: ChildProcess, dataDirectory: string): Promise<FirstStart> {
  const answered = once(child, 'message')
  child.send(dataDirectory)
  const [answer] = await answered
  return answer as FirstStart // It sends nothing else, but for an error, which equals nothing.
}

it('processes that first start on one data directory at once use the same key, tokens and certificate', async () => {
  await using folder = await createTemporaryFolder('first-start')
  const children = Array.from({ length: 3 }, () => fork(script))
  try {
    for (const round of ['a', 'b', 'c', 'd']) {
      const directory = join(folder.path, round, 'data')
      const [used, ...others] = await Promise.all(
        children.map((child) => answerOf(child, directory)),
      )
      expect(used).toEqual({
        redactionKey: readFileSync(join(directory, 'redaction.key'), 'utf8'),
        tokens: [readFileSync(join(directory, 'tokens', 'prod'), 'utf8').trim()],
        certificate: readFileSync(join(directory, 'tls', 'server.crt'), 'utf8'),
        key: readFileSync(join(directory, 'tls', 'server.key'), 'utf8'),
      })
      expect(others).toEqual([used, used])
      expect(readdirSync(directory, { recursive: true }).toSorted()).toEqual([
        'redaction.key',
        'tls',
        'tls/ca.crt',
        'tls/ca.key',
        'tls/lock',
        'tls/server.crt',
        'tls/server.key',
        'tokens',
        'tokens/prod',
      ])
    }
  } finally {
    for (const child of children) child.kill()
  }
})

it('of two services that first start on one embedded store at once one serves, and the other says why it cannot', async () => {
  await using folder = await createTemporaryFolder('first-start')
  const config = { dataDirectory: join(folder.path, 'data') }
  const starts = await Promise.allSettled(
    ['one', 'two'].map(async (name) => {
      const own = join(folder.path, name)
      return startService({ folder: own, config, readyTimeoutMs: 60_000 })
    }),
  )
  const running = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
  const refused = starts.flatMap((start) =>
    start.status === 'rejected' ? [String(start.reason)] : [],
  )
  expect(refused).toEqual([
    expect.stringContaining('kubewitness: log.locked: opening the store in '),
  ])
  expect(await Promise.all(running.map((service) => service.stop()))).toEqual([
    { code: 0, signal: null },
  ])
})
