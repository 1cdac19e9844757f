import { join } from 'node:path'
import { KubewitnessError, messageOf } from '../errors.ts'
import { errorCodeOf } from '../util/error-code.ts'
import { type FileLock, tryLock } from '../util/lock-file.ts'
import { makeFolder } from '../util/make-folder.ts'
import { fullError } from './store-error.ts'

/**
 * Makes the directory and takes the store for this process, by a lock on a file beside it. Readers of the store do not look at
 * it. Throws `log.locked`, `log.permission` or `log.full`.
 */
export function lockDirectory(directory: string): FileLock {
  let lock: FileLock | undefined
  try {
    makeFolder(directory)
    lock = tryLock(join(directory, 'log.lock'))
  } catch (error) {
    throw lockError(directory, error)
  }
  if (lock !== undefined) return lock
  throw new KubewitnessError('log.locked', `opening the store in ${directory}`, {
    next: 'stop the other process, or give this one a data directory of its own; roles in several processes share a log of type kafka',
  })
}

function lockError(directory: string, error: unknown): KubewitnessError {
  if (errorCodeOf(error) === 'ENOSPC') {
    return fullError(`making the directory ${directory}`, 'free space on the disk', error)
  }
  return new KubewitnessError(
    'log.permission',
    `opening the store in ${directory} (${messageOf(error)})`,
    { next: 'give a directory that this user can write', cause: error },
  )
}
