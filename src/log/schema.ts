import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { KubewitnessError, messageOf } from '../errors.ts'
import { sqliteCode } from '../util/lock-file.ts'
import { storeError } from './store-error.ts'

// The store is one SQLite file, so that a commit and what it produces are one transaction over all topics.
//
// No automatic vacuum: freed pages are used again by the next appends, and retention by bytes bounds the file.
// Keeping it short instead would cost every append the upkeep of a page map, and every sweep the moving of pages.

/** "KWlg", so that `file` and we can tell the store from other SQLite files. */
const applicationId = 0x4b576c67
/** 2 has the table `state`; a store of version 1 gets it when it is opened to write. */
const schemaVersion = 2
/** Larger pages than usual: records are tens to hundreds of kilobytes. */
const pageBytes = 8192
/** The inner pages of the keys of some millions of records, and what one transaction changes. */
const cacheKibibytes = 8_192
/** Primary result codes SQLITE_PERM, SQLITE_READONLY and SQLITE_CANTOPEN. */
const noAccess = new Set([3, 8, 14])
const walBytesKept = 64 * 1024 * 1024

export function storePath(directory: string): string {
  return join(directory, 'log.sqlite')
}

/** SQLite makes a file that everybody can read, and those beside it with the rights of the first. */
function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch {
    // It is there, or cannot be made, which SQLite says then.
  }
}

/**
 * Opens the store to write, and makes it if there is none. Reads nothing but the head of the file and, after a crash,
 * the write-ahead log. Throws `log.newer`, `log.permission`, `log.full` or `log.failed`.
 */
export function openForWriting(directory: string): DatabaseSync {
  const create = (): DatabaseSync => {
    const path = storePath(directory)
    makePrivateFile(path)
    return new DatabaseSync(path, { timeout: 5000 })
  }
  return opened(directory, create, (db) => {
    checkVersion(db, directory)
    // FULL: a commit returns after the sync of the write-ahead log, so what is acknowledged survives a power cut.
    // The writer runs checkpoints itself, behind the acknowledgement instead of before it.
    db.exec(`PRAGMA page_size = ${pageBytes};
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA journal_size_limit = ${walBytesKept};
      PRAGMA cache_size = -${cacheKibibytes};
      PRAGMA temp_store = MEMORY;`)
    db.exec(`BEGIN IMMEDIATE;
      CREATE TABLE IF NOT EXISTS topic (
        name TEXT PRIMARY KEY,
        unique_keys INTEGER NOT NULL,
        next_offset INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        last_appended_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS cursor (
        topic TEXT NOT NULL,
        grp TEXT NOT NULL,
        next_offset INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        PRIMARY KEY (topic, grp)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS state (
        topic TEXT NOT NULL,
        grp TEXT NOT NULL,
        key TEXT NOT NULL,
        crc32 INTEGER NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (topic, grp, key)
      ) STRICT, WITHOUT ROWID;
      PRAGMA application_id = ${applicationId};
      PRAGMA user_version = ${schemaVersion};
      COMMIT;`)
  })
}

/**
 * Opens the store to look only; the service may run beside it. Throws `input.unreadable` when there is no store,
 * `log.permission`, `log.newer` or `log.failed`.
 */
export function openForReading(directory: string): DatabaseSync {
  const path = storePath(directory)
  if (!existsSync(path)) {
    throw new KubewitnessError(
      'input.unreadable',
      `opening the store in ${directory}: there is none`,
      {
        next: 'give the data directory of the service, or start the service once',
      },
    )
  }
  const options = { readOnly: true, timeout: 5000 }
  const check = (db: DatabaseSync): void => checkVersion(db, directory)
  try {
    return opened(directory, () => new DatabaseSync(path, options), check)
  } catch (error) {
    // A folder that cannot be written has no room for the files that readers share with a writer. Without a
    // write-ahead log there is no writer either, and the file can be read as something that does not change.
    const isUnchanging = !existsSync(`${path}-wal`)
    if (!(error instanceof KubewitnessError) || error.code !== 'log.permission' || !isUnchanging) {
      throw error
    }
    const url = pathToFileURL(path)
    url.searchParams.set('immutable', '1')
    return opened(directory, () => new DatabaseSync(url, options), check)
  }
}

/** The table of a topic's records, quoted. Records lie in order of their offset; the value comes last, so that looking at the rest skips it. */
export function recordsTable(topic: string): string {
  return quoted(`records ${topic}`)
}

/** Adds what a topic needs, once. */
export function createTopic(db: DatabaseSync, topic: string, uniqueKeys: boolean): void {
  db.exec(`CREATE TABLE ${recordsTable(topic)} (
      offset INTEGER PRIMARY KEY,
      key TEXT NOT NULL,
      appended_at_ms INTEGER NOT NULL,
      crc32 INTEGER NOT NULL,
      value BLOB NOT NULL
    ) STRICT;`)
  if (uniqueKeys) {
    db.exec(`CREATE UNIQUE INDEX ${quoted(`keys ${topic}`)} ON ${recordsTable(topic)} (key)`)
  }
  db.prepare('INSERT INTO topic VALUES (?, ?, 0, 0, 0)').run(topic, uniqueKeys ? 1 : 0)
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function readPragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name])
}

/** Before anything is written: a store of a later version, or a file of another program, stays as it is. */
function checkVersion(db: DatabaseSync, directory: string): void {
  const id = readPragma(db, 'application_id')
  const version = readPragma(db, 'user_version')
  if (id === applicationId && version <= schemaVersion) return
  if (id === applicationId) {
    throw new KubewitnessError(
      'log.newer',
      `opening the store in ${directory}: it has version ${version}, this program knows ${schemaVersion}`,
      { next: 'use the newer program, or another data directory' },
    )
  }
  const { tables } = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() ?? {}
  if (id === 0 && tables === 0) return
  throw new KubewitnessError(
    'log.failed',
    `opening the store in ${directory}: ${storePath(directory)} belongs to another program`,
    { next: 'use another data directory' },
  )
}

function opened(
  directory: string,
  create: () => DatabaseSync,
  prepare: (db: DatabaseSync) => void,
): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = create()
    prepare(db)
    return db
  } catch (error) {
    db?.close()
    throw openError(directory, error)
  }
}

function openError(directory: string, error: unknown): KubewitnessError {
  const kind = (sqliteCode(error) ?? 0) & 0xff
  const doing = `opening the store in ${directory}`
  if (!noAccess.has(kind)) return storeError(doing, error)
  return new KubewitnessError('log.permission', `${doing} (${messageOf(error)})`, {
    next: 'let this user read and write the data directory and the files in it',
    cause: error,
  })
}
