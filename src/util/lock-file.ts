import { DatabaseSync } from 'node:sqlite'

const SQLITE_BUSY = 5

/** An exclusive lock. The operating system releases it when the process dies, however it dies. */
export interface FileLock {
  /** Gives it back. */
  close(): void
}

/**
 * Takes an exclusive lock on an empty SQLite file, which is made if absent and stays. Undefined while somebody has it, in this
 * process too. Throws what SQLite says.
 */
export function tryLock(path: string): FileLock | undefined {
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(path, { timeout: 0 })
    // In memory, so that the lock leaves no journal file behind.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock?.close()
    if (((sqliteCode(error) ?? 0) & 0xff) === SQLITE_BUSY) return undefined
    throw error
  }
}

/** The extended result code (sqlite.org/rescode.html) of an error that SQLite raised. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode : undefined
}
