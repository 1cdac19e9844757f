import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { createSqliteLog, openSqliteReader, type SqliteLog } from '../../src/log/sqlite.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { keysOf, produce, take } from '../contract/log-setup.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { keepAll } from '../support/keep-all.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const never = new AbortController().signal

function logIn(directory: string): SqliteLog {
  const topics = { events: keepAll }
  return createSqliteLog({ directory, clock: createFakeClock(), logger: silentLogger, topics })
}

async function changeStore(directory: string, sql: string): Promise<void> {
  const db = new DatabaseSync(join(directory, 'log.sqlite'))
  db.exec(sql)
  db.close()
}

describe('opening a store', () => {
  it('makes the directory', async () => {
    await using folder = await createTemporaryFolder('log')
    const directory = join(folder.path, 'a', 'b')
    const log = logIn(directory)
    await log.start()
    expect(await log.browse('events', { order: 'oldest', limit: 1 })).toEqual([])
    await log.stop(never)
    expect(await readdir(directory)).toEqual(['log.lock', 'log.sqlite'])
  })

  it('can be read by nobody else, whatever the rights of the directory', async () => {
    await using folder = await createTemporaryFolder('log')
    await chmod(folder.path, 0o755)
    const log = logIn(folder.path)
    await log.start()
    const names = (await readdir(folder.path)).filter((name) => name.startsWith('log.sqlite'))
    const modes = names.map(async (name) => {
      const { mode } = await stat(join(folder.path, name))
      return `${name} ${(mode & 0o777).toString(8)}`
    })
    const found = await Promise.all(modes)
    await log.stop(never)
    expect(found).toEqual(['log.sqlite 600', 'log.sqlite-shm 600', 'log.sqlite-wal 600'])
  })

  it('says of a file that is no store what can be done, and leaves it as it is', async () => {
    await using folder = await createTemporaryFolder('log')
    const file = join(folder.path, 'log.sqlite')
    await writeFile(file, 'no store'.repeat(1000))
    const log = logIn(folder.path)
    await expect(log.start()).rejects.toMatchObject({
      code: 'log.failed',
      message: `opening the store in ${folder.path} (file is not a database)`,
      next: 'put a backup of log.sqlite in its place, or move log.sqlite and what begins with its name to another folder to begin with an empty store',
    })
    await log.stop(never)
    expect(await readFile(file, 'utf8')).toBe('no store'.repeat(1000))
  })

  it('is refused while another has it, and works when that one has gone', async () => {
    await using folder = await createTemporaryFolder('log')
    const first = logIn(folder.path)
    const second = logIn(folder.path)
    await first.start()
    await expect(second.start()).rejects.toMatchObject({ code: 'log.locked', retryable: false })
    await second.stop(never)
    await first.stop(never)
    const third = logIn(folder.path)
    await third.start()
    await third.stop(never)
  })

  it('is refused when a newer version wrote it, and leaves it as it is', async () => {
    await using folder = await createTemporaryFolder('log')
    const log = logIn(folder.path)
    await log.start()
    await log.stop(never)
    await changeStore(folder.path, 'PRAGMA user_version = 99')
    await expect(logIn(folder.path).start()).rejects.toMatchObject({ code: 'log.newer' })
    expect(() => openSqliteReader({ directory: folder.path })).toThrow(
      expect.objectContaining({ code: 'log.newer' }),
    )
  })

  it('is refused when the file belongs to another program', async () => {
    await using folder = await createTemporaryFolder('log')
    await changeStore(folder.path, 'CREATE TABLE other (a)')
    await expect(logIn(folder.path).start()).rejects.toMatchObject({ code: 'log.failed' })
    await using other = await createTemporaryFolder('log')
    await writeFile(join(other.path, 'log.sqlite'), 'something else '.repeat(100))
    await expect(logIn(other.path).start()).rejects.toMatchObject({ code: 'log.failed' })
  })

  it('is refused where nothing can be written', async () => {
    await using folder = await createTemporaryFolder('log')
    // Paths that refuse even the superuser: below a file, and a directory where the store's file should be.
    const file = join(folder.path, 'file')
    await writeFile(file, '')
    const taken = join(folder.path, 'taken')
    await mkdir(join(taken, 'log.sqlite'), { recursive: true })
    const notLockable = join(folder.path, 'notLockable')
    await mkdir(join(notLockable, 'log.lock'), { recursive: true })
    for (const directory of [join(file, 'data'), file, taken, notLockable]) {
      await expect(logIn(directory).start()).rejects.toMatchObject({ code: 'log.permission' })
    }
  })

  it('is refused when a topic had another kind of keys', async () => {
    await using folder = await createTemporaryFolder('log')
    const log = logIn(folder.path)
    await log.start()
    await log.stop(never)
    const changed = createSqliteLog({
      directory: folder.path,
      clock: createFakeClock(),
      logger: silentLogger,
      topics: { events: { ...keepAll, uniqueKeys: false } },
    })
    await expect(changed.start()).rejects.toMatchObject({ code: 'log.failed' })
  })
})

describe('looking at a store', () => {
  it('works while the service runs and when it does not', async () => {
    await using folder = await createTemporaryFolder('log')
    const log = logIn(folder.path)
    await log.start()
    await log.append([produce('events', 'a', 'b')], never)
    const look = async (): Promise<unknown> => {
      const reader = openSqliteReader({ directory: folder.path })
      try {
        const records = await reader.browse('events', { order: 'newest', limit: 9 })
        return [
          keysOf(records),
          (await reader.status()).map(({ topic, nextOffset }) => [topic, nextOffset]),
        ]
      } finally {
        reader.close()
      }
    }
    const seen = [['b', 'a'], [['events', 2]]]
    expect(await look()).toEqual(seen)
    await log.stop(never)
    expect(await look()).toEqual(seen)
    await log.stop(never)
  })

  it('works for a store of version 1, and opening it to write brings it to this one', async () => {
    await using folder = await createTemporaryFolder('log')
    const first = logIn(folder.path)
    await first.start()
    await first.append([produce('events', 'a')], never)
    await first.stop(never)
    await changeStore(folder.path, 'DROP TABLE state; PRAGMA user_version = 1')
    const reader = openSqliteReader({ directory: folder.path })
    expect(await reader.readState('events', 'detect', '')).toEqual([])
    reader.close()
    const second = logIn(folder.path)
    await second.start()
    const [delivery] = await take(second, { count: 1 })
    await delivery!.commit([], [{ key: 'window/1', value: Buffer.from('one') }])
    const seen = openSqliteReader({ directory: folder.path })
    expect([...(await seen.readState('events', 'detect', ''))]).toEqual([
      { key: 'window/1', value: new Uint8Array(Buffer.from('one')) },
    ])
    seen.close()
    await second.stop(never)
  })

  it('says when there is no store', async () => {
    await using folder = await createTemporaryFolder('log')
    expect(() => openSqliteReader({ directory: folder.path })).toThrow(
      expect.objectContaining({ code: 'input.unreadable' }),
    )
    expect(await readdir(folder.path)).toEqual([])
  })
})
