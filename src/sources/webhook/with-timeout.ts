import type { Clock } from '../../contracts.ts'

/**
 * Runs `work` with a signal that aborts after `timeoutMs`, or with `parent`. The timer ends with the work.
 * Work that does not heed the signal goes on.
 */
export async function withTimeout<T>(
  clock: Clock,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  parent?: AbortSignal,
): Promise<T> {
  const timer = new AbortController()
  const expiry = new AbortController()
  const onParent = () => expiry.abort(parent?.reason)
  if (parent?.aborted) onParent()
  // Not AbortSignal.any: a parent that lives as long as the process would keep a trace of every request.
  parent?.addEventListener('abort', onParent, { once: true })
  clock.sleep(timeoutMs, timer.signal).then(
    () => expiry.abort(new DOMException(`not done within ${timeoutMs} ms`, 'TimeoutError')),
    () => undefined,
  )
  try {
    return await work(expiry.signal)
  } finally {
    parent?.removeEventListener('abort', onParent)
    timer.abort()
  }
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
