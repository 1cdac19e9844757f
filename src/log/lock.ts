import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { KubewitnessError, messageOf } from '../errors.ts'
import { errorCodeOf } from '../util/error-code.ts'
import { makeFolder } from '../util/make-folder.ts'
import { fullError, sqliteCode } from './store-error.ts'

const SQLITE_BUSY = 5

/**
 * Makes the directory and takes the store for this process: an exclusive lock on an empty SQLite file beside it, which
 * the operating system releases when the process dies, however it dies. Readers of the store do not look at it.
 * Closing what is returned gives the lock back. Throws `log.locked`, `log.permission` or `log.full`.
 */
export function lockDirectory(directory: string): DatabaseSync {
  let lock: DatabaseSync | undefined
  try {
    makeFolder(directory)
    lock = new DatabaseSync(join(directory, 'log.lock'), { timeout: 0 })
    // In memory, so that the lock leaves no journal file behind.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock?.close()
    throw lockError(directory, error)
  }
}

function lockError(directory: string, error: unknown): KubewitnessError {
  if (((sqliteCode(error) ?? 0) & 0xff) === SQLITE_BUSY) {
    return new KubewitnessError('log.locked', `opening the store in ${directory}`, {
      next: 'stop the other process, or give this one a data directory of its own; roles in several processes share a log of type kafka',
      cause: error,
    })
  }
  if (errorCodeOf(error) === 'ENOSPC') {
    return fullError(`making the directory ${directory}`, 'free space on the disk', error)
  }
  return new KubewitnessError(
    'log.permission',
    `opening the store in ${directory} (${messageOf(error)})`,
    { next: 'give a directory that this user can write', cause: error },
  )
}
