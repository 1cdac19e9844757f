import { describe, expect, it } from 'vitest'
import type { Change } from '../../src/log/changes.ts'
import { openForWriting, recordsTable } from '../../src/log/schema.ts'
import { createSqliteLog, openSqliteReader } from '../../src/log/sqlite.ts'
import { createSqliteWriter, type Result } from '../../src/log/sqlite-writer.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { keysOf } from '../contract/log-setup.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const never = new AbortController().signal
const options = { uniqueKeys: true, maxAgeMs: 1000, maxBytes: 1e12, protectedGroups: [] }
const mebibyte = 1024 * 1024

function write(nowMs: number, ...records: readonly [key: string, bytes: number][]): Change {
  return {
    kind: 'write',
    nowMs,
    produced: [
      {
        topic: 'events',
        records: records.map(([key, bytes]) => ({ key, value: new Uint8Array(bytes) })),
      },
    ],
  }
}

function codesOf(results: readonly Result[]): (string | undefined)[] {
  return results.map((result) => ('error' in result ? result.error.code : undefined))
}

describe('a disk without room', () => {
  it('refuses what does not fit, takes what does, keeps no half, and recovers by itself', async () => {
    await using folder = await createTemporaryFolder('full')
    const db = openForWriting(folder.path)
    const writer = createSqliteWriter(db, { events: options }, () => undefined)
    const reader = openSqliteReader({ directory: folder.path })
    const stored = async (): Promise<string[]> =>
      keysOf(await reader.browse('events', { order: 'oldest', limit: 100 }))

    db.exec('PRAGMA max_page_count = 100') // SQLite then says what it says on a full disk.
    const large = write(0, ['a', 100_000], ['b', mebibyte])
    expect(codesOf(writer.apply([large]))).toEqual(['log.full'])
    expect(await stored()).toEqual([])
    const results = writer.apply([write(0, ['c', 10]), large, write(0, ['d', 10])])
    expect(codesOf(results)).toEqual([undefined, 'log.full', undefined])
    expect(results[1]).toMatchObject({ error: { retryable: true, retryAfterMs: 1000 } })
    expect(await stored()).toEqual(['c', 'd'])

    db.exec('PRAGMA max_page_count = 100000')
    expect(codesOf(writer.apply([large]))).toEqual([undefined])
    expect(await stored()).toEqual(['c', 'd', 'a', 'b'])
    const [status] = await reader.status()
    expect(status).toMatchObject({ records: 4, bytes: 100_020 + mebibyte + 4, nextOffset: 4 })
    reader.close()
    writer.close()
  })

  it('has room again where retention has taken records, without the file growing', async () => {
    await using folder = await createTemporaryFolder('full')
    const db = openForWriting(folder.path)
    const writer = createSqliteWriter(db, { events: options }, () => undefined)
    writer.apply([write(0, ['a', mebibyte])])
    writer.checkpoint('all')
    const pages = Number(db.prepare('PRAGMA page_count').get()?.['page_count'])
    db.exec(`PRAGMA max_page_count = ${pages}`)
    expect(codesOf(writer.apply([write(5000, ['b', mebibyte])]))).toEqual(['log.full'])
    expect(writer.sweepStep(5000)).toBe(false)
    expect(codesOf(writer.apply([write(5000, ['b', mebibyte])]))).toEqual([undefined])
    writer.close()
  })
})

describe('a transaction that fails', () => {
  it('leaves nothing of the change that failed, and keeps the others', async () => {
    await using folder = await createTemporaryFolder('fail')
    const db = openForWriting(folder.path)
    const writer = createSqliteWriter(db, { events: options }, () => undefined)
    db.exec(`CREATE TRIGGER fail BEFORE INSERT ON ${recordsTable('events')}
      WHEN NEW.key = 'bad' BEGIN SELECT raise(ABORT, 'refused'); END`)
    const results = writer.apply([
      write(0, ['a', 1]),
      write(0, ['b', 1], ['bad', 1]),
      write(0, ['c', 1]),
    ])
    expect(codesOf(results)).toEqual([undefined, 'log.failed', undefined])
    const reader = openSqliteReader({ directory: folder.path })
    const records = await reader.browse('events', { order: 'oldest', limit: 9 })
    expect(records.map(({ key, position }) => [key, position.offset])).toEqual([
      ['a', 0],
      ['c', 1],
    ])
    expect(await reader.status()).toMatchObject([{ records: 2, bytes: 4, nextOffset: 2 }])
    reader.close()
    writer.close()
  })
})

describe('the queue in front of the writer', () => {
  it('refuses at once what is too much, and takes it when the writer has caught up', async () => {
    await using folder = await createTemporaryFolder('queue')
    const log = createSqliteLog({
      directory: folder.path,
      clock: createFakeClock(),
      logger: silentLogger,
      topics: { events: options },
    })
    await log.start()
    const records = (first: number, count: number, bytes: number) =>
      Array.from({ length: count }, (_, index) => ({
        key: String(first + index),
        value: new Uint8Array(bytes),
      }))
    const append = (first: number, count: number, bytes: number): Promise<void> =>
      log.append([{ topic: 'events', records: records(first, count, bytes) }], never)

    const byCount = [append(0, 9_999, 0), append(9_999, 1, 0), append(10_000, 1, 0)]
    expect(await Promise.allSettled(byCount)).toMatchObject([
      { status: 'fulfilled' },
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'log.full', retryable: true, retryAfterMs: 1000 } },
    ])
    const byBytes = [append(20_000, 65, mebibyte), append(20_065, 1, 1)]
    expect(await Promise.allSettled(byBytes)).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'log.full' } },
    ])
    await append(30_000, 1, 1)
    const [status] = await log.status()
    expect(status?.records).toBe(10_000 + 65 + 1)
    await log.stop(never)
  })
})
