import type { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import type { Change } from '../../src/log/changes.ts'
import { openForWriting } from '../../src/log/schema.ts'
import { createSqliteWriter } from '../../src/log/sqlite-writer.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const options = { uniqueKeys: false, maxAgeMs: 1000, maxBytes: 1e12, protectedGroups: [] }
const value = new Uint8Array(10)

const records: Change = {
  kind: 'write',
  nowMs: 0,
  produced: [{ topic: 'events', records: [{ key: 'a', value }] }],
}

function progress(nextOffset: number, produced = false): Change {
  return {
    kind: 'write',
    nowMs: 0,
    produced: produced ? [{ topic: 'events', records: [{ key: 'b', value }] }] : [],
    progress: {
      topic: 'events',
      group: 'detect',
      nextOffset,
      epoch: 0,
      changes: [{ key: 'k', value }],
    },
  }
}

/** What SQLite did with the transaction before: at 2 (FULL) it synced the write-ahead log, at 1 (NORMAL) it did not. */
function synchronous(db: DatabaseSync): unknown {
  return db.prepare('PRAGMA synchronous').get()?.['synchronous']
}

it('syncs what is appended before it answers, and a cursor that moves alone with the next append', async () => {
  await using folder = await createTemporaryFolder('sync')
  const db = openForWriting(folder.path)
  const writer = createSqliteWriter(db, { events: options }, () => undefined)
  const levels = [
    [records],
    [progress(1)],
    [progress(1), records],
    [progress(2)],
    [progress(3, true)],
    [{ kind: 'join', topic: 'events', group: 'new', startAt: 'latest' } as const],
  ].map((changes) => {
    expect(writer.apply(changes).filter((result) => 'error' in result)).toEqual([])
    return synchronous(db)
  })
  expect(levels).toEqual([2, 1, 2, 1, 2, 2])
  writer.apply([progress(4)])
  writer.sweepStep(10_000)
  expect(synchronous(db)).toBe(2)
  writer.close()
})
