import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createSqliteLog } from '../../src/log/sqlite.ts'
import { systemClock } from '../../src/util/clock.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { median } from './figures.ts'

const inFlight = 8

/** Records a second of the log's durable append ÷ of a bare loop of inserts, one transaction each, of the same bytes; interleaved. */
export async function measureAppend(
  records: readonly Uint8Array[],
  rounds = 5,
): Promise<{ readonly ratio: number; readonly log: number; readonly bare: number }> {
  const log: number[] = []
  const bare: number[] = []
  for (let round = -1; round < rounds; round++) {
    const bareRate = await bareInserts(records)
    const logRate = await logAppends(records, round)
    if (round < 0) continue
    bare.push(bareRate)
    log.push(logRate)
  }
  return { ratio: median(log) / median(bare), log: median(log), bare: median(bare) }
}

async function bareInserts(records: readonly Uint8Array[]): Promise<number> {
  await using folder = await createTemporaryFolder('bench')
  const database = new DatabaseSync(join(folder.path, 'bare.db'))
  database.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE record (id INTEGER PRIMARY KEY, value BLOB NOT NULL)',
  )
  const insert = database.prepare('INSERT INTO record (value) VALUES (?)')
  const startedMs = performance.now()
  for (const value of records) insert.run(value)
  const seconds = (performance.now() - startedMs) / 1000
  database.close()
  return records.length / seconds
}

async function logAppends(records: readonly Uint8Array[], round: number): Promise<number> {
  await using folder = await createTemporaryFolder('bench')
  const topics = {
    events: { uniqueKeys: true, maxAgeMs: 3_600_000, maxBytes: 1 << 40, protectedGroups: [] },
  }
  const log = createSqliteLog({
    directory: folder.path,
    clock: systemClock,
    logger: silentLogger,
    topics,
  })
  await log.start()
  const { signal } = new AbortController()
  const copies = records.map((value) => Uint8Array.from(value))
  const startedMs = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let index = next++; index < copies.length; index = next++) {
        await log.append(
          [{ topic: 'events', records: [{ key: `${round}-${index}`, value: copies[index]! }] }],
          signal,
        )
      }
    }),
  )
  const seconds = (performance.now() - startedMs) / 1000
  await log.stop(AbortSignal.timeout(5000))
  return records.length / seconds
}
