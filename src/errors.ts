/**
 * Every error that a person may meet has a code here, and says what was being done, to what, and what to do next.
 * `npm test` compares this table with `docs/errors.md`.
 */
export const errorCodes = {
  'config.unreadable': 'The configuration file cannot be read.',
  'config.invalid': 'The configuration has problems; all of them are listed.',
  'config.secret': 'A secret file or environment variable cannot be read.',
  'rules.invalid': 'A rule set was refused; the one in use stays.',
  'policy.invalid': 'An audit policy cannot be used; all of its problems are listed.',
  'rbac.invalid': 'RBAC manifests cannot be used; all of their problems are listed.',
  'rules.unreadable': 'A rule file or folder cannot be read.',
  'log.full': 'The store has no room for more; senders are asked to come back.',
  'log.failed': 'The store failed.',
  'log.newer': 'The store was written by a newer version.',
  'log.older': 'The store was written by an older version, and holds what this one does not read.',
  'log.locked': 'The store is in use by another process.',
  'log.mismatch': 'A copy of a store cannot go on: the target holds something else.',
  'log.permission':
    'The store may not be used: a data directory cannot be written, or brokers refuse the user.',
  'listen.inUse': 'The address is in use.',
  'listen.refused': 'The address cannot be listened on.',
  'tls.invalid': 'A certificate or key cannot be used.',
  'intake.busy': 'Too much is in flight; senders are asked to come back.',
  'sink.unavailable': 'A sink did not take a batch.',
  'sink.rejected': 'A sink refused an item for good.',
  'input.unreadable': 'An input file cannot be read.',
  'requests.invalid': 'A line of a file of requests is no request.',
  'usage.invalid': 'The command line is not understood.',
} as const

export type ErrorCode = keyof typeof errorCodes

export interface KubewitnessErrorOptions {
  readonly cause?: unknown
  /** The next step for whoever reads it. */
  readonly next?: string
  readonly retryable?: boolean
  readonly retryAfterMs?: number
}

/** The base of all our errors. `message` says what was being done and to what, in lower case, without secrets or payload. */
export class KubewitnessError extends Error {
  readonly code: ErrorCode
  readonly next: string | undefined
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, options: KubewitnessErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'KubewitnessError'
    this.code = code
    this.next = options.next
    this.retryable = options.retryable ?? false
    this.retryAfterMs = options.retryAfterMs
  }

  /** One line for a person: `code: message; next step`. A message that is a list has the next step on its last line. */
  toLine(): string {
    const separator = this.message.endsWith('\n') ? '' : '; '
    return `${this.code}: ${this.message}${this.next === undefined ? '' : `${separator}${this.next}`}`
  }
}

/** The message of anything thrown, on one line. */
export function messageOf(error: unknown): string {
  if (error instanceof KubewitnessError) return error.toLine()
  const text = error instanceof Error ? error.message : String(error)
  return text.replaceAll(/\s*\n\s*/g, ' ')
}
