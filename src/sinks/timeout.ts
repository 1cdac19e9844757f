import type { Clock } from '../contracts.ts'

/** Thrown by `withTimeout` when the time is over. */
export class TimedOut extends Error {
  constructor(timeoutMs: number) {
    super(`no answer in ${timeoutMs} ms`)
    this.name = 'TimedOut'
  }
}

/** Runs something that obeys its signal; aborts it after `timeoutMs`, or when `signal` does, and then rejects. */
export async function withTimeout<T>(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = new AbortController()
  const finished = new AbortController()
  const timer = clock.sleep(timeoutMs, finished.signal).then(
    () => timeout.abort(),
    () => undefined,
  )
  try {
    return await run(AbortSignal.any([signal, timeout.signal]))
  } catch (error) {
    throw timeout.signal.aborted && !signal.aborted ? new TimedOut(timeoutMs) : error
  } finally {
    finished.abort()
    await timer
  }
}
