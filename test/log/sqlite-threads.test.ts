import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import type { KubewitnessError } from '../../src/errors.ts'
import { attachSqliteLog, createSqliteLog, type SqliteLog } from '../../src/log/sqlite.ts'
import { systemClock } from '../../src/util/clock.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { produce, storedKeys, take } from '../contract/log-setup.ts'
import { keepAll } from '../support/keep-all.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'
import type { AttachedData } from './attached-worker.ts'

const never = new AbortController().signal
const topics = { events: keepAll, alerts: keepAll }

async function open(
  folder: TemporaryFolder,
  onFailure: (error: KubewitnessError) => void = () => undefined,
): Promise<SqliteLog> {
  const log = createSqliteLog({
    directory: folder.path,
    clock: systemClock,
    logger: silentLogger,
    topics,
    onFailure,
  })
  await log.start()
  return log
}

function startCopy(log: SqliteLog, folder: TemporaryFolder): Worker {
  const port = log.connect()
  const workerData: AttachedData = { directory: folder.path, port }
  const script = new URL('attached-worker.ts', import.meta.url)
  return new Worker(script, { workerData, transferList: [port] })
}

describe('a log that several threads use', () => {
  it('lets one thread read and commit what another appends', async () => {
    await using folder = await createTemporaryFolder('threads')
    const log = await open(folder)
    const worker = startCopy(log, folder)
    const keys = Array.from({ length: 50 }, (_, index) => String(index))
    for (const key of keys) await log.append([produce('events', key)], never)
    await expect.poll(() => storedKeys(log, 'alerts'), { timeout: 10_000 }).toEqual(keys)
    worker.postMessage('stop')
    await once(worker, 'exit')
    await log.stop(never)
  })

  it('frees the groups of a thread that died, and the next goes on from its cursor', async () => {
    await using folder = await createTemporaryFolder('threads')
    const log = await open(folder)
    const first = startCopy(log, folder)
    await log.append([produce('events', 'a')], never)
    await expect.poll(() => storedKeys(log, 'alerts'), { timeout: 10_000 }).toEqual(['a'])
    await expect(take(log, { count: 1, group: 'copy' })).rejects.toThrow('already has a reader')
    const failed = once(first, 'error')
    first.postMessage('fail')
    await failed
    await log.append([produce('events', 'b')], never)
    const second = startCopy(log, folder)
    await expect.poll(() => storedKeys(log, 'alerts'), { timeout: 10_000 }).toEqual(['a', 'b'])
    second.postMessage('stop')
    await once(second, 'exit')
    await log.stop(never)
  })

  it('sets back a reader in another thread', async () => {
    await using folder = await createTemporaryFolder('threads')
    const log = await open(folder)
    const attached = attachSqliteLog({
      directory: folder.path,
      port: log.connect(),
      clock: systemClock,
    })
    await attached.start()
    await log.append([produce('events', 'a')], never)
    const reading = take(attached, { count: 2, group: 'other', commit: true })
    const cursor = async (): Promise<unknown> =>
      (await log.status()).find(({ topic }) => topic === 'events')?.cursors['other']
    await expect.poll(cursor).toBe(1)
    await log.replay('events', 'other', 0)
    expect((await reading).map(({ records }) => records[0]?.key)).toEqual(['a', 'a'])
    await attached.stop(never)
    await log.stop(never)
  })

  it('fails everywhere when the writer is gone', async () => {
    await using folder = await createTemporaryFolder('threads')
    const failures: KubewitnessError[] = []
    const log = await open(folder, (error) => failures.push(error))
    const attached = attachSqliteLog({
      directory: folder.path,
      port: log.connect(),
      clock: systemClock,
    })
    await attached.start()
    const waiting = Promise.allSettled([
      take(attached, { count: 1, group: 'one' }),
      take(log, { count: 1, group: 'two' }),
    ])
    await expect.poll(async () => (await log.status())[1]?.cursors).toEqual({ one: 0, two: 0 })

    // No client sends this; it stands for any mistake in the writer's thread.
    log.connect().postMessage({ kind: 'change', id: 1, change: { kind: 'write' } })
    const rejected = { status: 'rejected', reason: { code: 'log.failed' } }
    expect(await waiting).toMatchObject([rejected, rejected])
    expect(failures).toMatchObject([{ code: 'log.failed' }])
    for (const client of [log, attached]) {
      const append = client.append([produce('events', 'a')], never)
      await expect(append).rejects.toMatchObject({ code: 'log.failed', retryable: false })
    }
    const late = attachSqliteLog({
      directory: folder.path,
      port: log.connect(),
      clock: systemClock,
    })
    await expect(late.start()).rejects.toMatchObject({ code: 'log.failed' })
    for (const client of [late, attached, log]) await client.stop(never)

    const next = await open(folder)
    await next.append([produce('events', 'a')], never)
    expect(await storedKeys(next, 'events')).toEqual(['a'])
    await next.stop(never)
  })
})
