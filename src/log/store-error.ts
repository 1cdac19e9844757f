import { type ErrorCode, KubewitnessError, messageOf } from '../errors.ts'
import { sqliteCode } from '../util/lock-file.ts'

/** How long a sender is asked to stay away when there is no room. */
const retryAfterMs = 1000

// Result codes of SQLite (sqlite.org/rescode.html). Its JavaScript errors carry the extended code in `errcode`.
const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const SQLITE_NOMEM = 7
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26
const SQLITE_IOERR_READ = 266
const SQLITE_IOERR_SHORT_READ = 522
const SQLITE_IOERR_FSYNC = 1034
const SQLITE_IOERR_DIR_FSYNC = 1290
const SQLITE_IOERR_DATA = 8202
const SQLITE_IOERR_CORRUPTFS = 8458
const notWriteErrors = new Set([
  SQLITE_IOERR_READ,
  SQLITE_IOERR_SHORT_READ,
  SQLITE_IOERR_FSYNC,
  SQLITE_IOERR_DIR_FSYNC,
  SQLITE_IOERR_DATA,
  SQLITE_IOERR_CORRUPTFS,
])

/** Whether a page of the file is damaged. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  return code !== undefined && ((code & 0xff) === SQLITE_CORRUPT || code === SQLITE_IOERR_DATA)
}

/** Whether a sync failed: what the operating system holds can no longer be told from what the disk holds, so nothing may be acknowledged after it. */
export function isSyncFailure(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === SQLITE_IOERR_FSYNC || code === SQLITE_IOERR_DIR_FSYNC
}

/** The error of a store without room: come back later. */
export function fullError(message: string, next: string, cause?: unknown): KubewitnessError {
  return new KubewitnessError('log.full', message, { retryable: true, retryAfterMs, next, cause })
}

/** Said to whoever comes after the log has stopped: the next start of the process takes it. */
export function stoppedError(): KubewitnessError {
  return new KubewitnessError('log.failed', 'using the store: it has been stopped', {
    retryable: true,
    retryAfterMs,
    next: 'come back when the service is up again',
  })
}

/** What a failed statement means to the caller: no room (come back), busy (come back) or failed. */
export function storeError(doing: string, error: unknown): KubewitnessError {
  if (error instanceof KubewitnessError) return error
  const code = sqliteCode(error) ?? 0
  const kind = code & 0xff
  const message = `${doing} (${messageOf(error)})`
  if (
    kind === SQLITE_FULL ||
    kind === SQLITE_NOMEM ||
    (kind === SQLITE_IOERR && !notWriteErrors.has(code))
  ) {
    return fullError(message, 'free space on the disk; writing goes on by itself', error)
  }
  if (kind === SQLITE_BUSY || kind === SQLITE_LOCKED) {
    return new KubewitnessError('log.failed', message, {
      retryable: true,
      retryAfterMs,
      next: 'close other programs that write to the store',
      cause: error,
    })
  }
  return new KubewitnessError('log.failed', message, {
    next:
      kind === SQLITE_NOTADB || kind === SQLITE_CORRUPT
        ? 'put a backup of log.sqlite in its place, or move log.sqlite and what begins with its name to another folder to begin with an empty store'
        : 'look at the disk and its messages, then restart',
    cause: error,
  })
}

/** An error in a form that crosses threads. */
export interface PlainError {
  readonly code: ErrorCode
  readonly message: string
  readonly next: string | undefined
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
}

export function toPlain(error: KubewitnessError): PlainError {
  const { code, message, next, retryable, retryAfterMs } = error
  return { code, message, next, retryable, retryAfterMs }
}

export function fromPlain(plain: PlainError): KubewitnessError {
  const { code, message, next, retryable, retryAfterMs } = plain
  return new KubewitnessError(code, message, {
    retryable,
    ...(next === undefined ? {} : { next }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** Records are looked up by key only where each has its own. */
export function noUniqueKeys(topic: string): KubewitnessError {
  return new KubewitnessError(
    'log.failed',
    `looking up a key in ${topic}: its keys are not unique`,
    {
      next: 'report this as a bug',
    },
  )
}
