import { parentPort, workerData } from 'node:worker_threads'
import type { Log } from '../contracts.ts'
import { messageOf } from '../errors.ts'
import { systemClock } from '../util/clock.ts'
import { standBack } from '../util/thread-priority.ts'
import { attachLog, type LogAccess } from './log-access.ts'

/** What the work of a thread gets. */
export interface ThreadContext<Data, To, From> {
  /** What `openThread` was given. */
  readonly data: Data
  readonly log: Log
  readonly send: (message: From) => void
  /** Hears what is told from now on; nothing is lost that was told before. */
  readonly listen: (hear: (message: To) => void) => void
}

/**
 * The body of a thread beside those that receive and detect: it stands back before them, opens the log, works, and ends. It says
 * why when it fails.
 */
export function runThreadBody<Data extends { readonly access: LogAccess }, To, From>(
  work: (context: ThreadContext<Data, To, From>) => Promise<void>,
): void {
  const port = parentPort
  if (port === null) return
  standBack()
  const body = async (): Promise<void> => {
    // `openThread` was given it with this type.
    const data = workerData as Data
    const log = await attachLog(data.access, systemClock)
    await log.start()
    try {
      await work({
        data,
        log,
        send: (message) => port.postMessage(message),
        listen: (hear) => port.on('message', hear),
      })
    } finally {
      await log.stop(AbortSignal.timeout(5000))
    }
  }
  body()
    .catch((error: unknown) => port.postMessage({ kind: 'failed', message: messageOf(error) }))
    .finally(() => port.close())
}
