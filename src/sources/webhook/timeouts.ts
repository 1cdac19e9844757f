import type { Clock } from '../../contracts.ts'

/**
 * Runs `work` with a signal that aborts after `timeoutMs`, give or take `stepMs`, or together with `parent`.
 * Work that does not heed the signal goes on.
 */
export type WithTimeout = <T>(
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  parent?: AbortSignal,
) => Promise<T>

export interface TimeoutsOptions {
  readonly clock: Clock
  /** How often is looked whose time is up. */
  readonly stepMs: number
  /** Ends the timekeeping. */
  readonly signal: AbortSignal
}

/**
 * One sleeper for all, running while there is anything to time: a timer and its cancelling for each request were
 * half of what a small request cost.
 */
export function createTimeouts({ clock, signal, stepMs }: TimeoutsOptions): WithTimeout {
  const waiting = new Map<AbortController, number>()
  let isRunning = false

  async function watch(): Promise<void> {
    isRunning = true
    try {
      while (waiting.size > 0) {
        await clock.sleep(stepMs, signal)
        for (const [expiry, atMs] of waiting)
          if (atMs <= clock.nowMs())
            expiry.abort(new DOMException('it took too long', 'TimeoutError'))
      }
    } catch {
      // The signal: nothing is timed any more.
    } finally {
      isRunning = false
    }
  }

  return async (timeoutMs, work, parent) => {
    const expiry = new AbortController()
    // Not AbortSignal.any: a parent that lives as long as the process would keep a trace of every request.
    const onParent = () => expiry.abort(parent?.reason)
    if (parent?.aborted) onParent()
    parent?.addEventListener('abort', onParent, { once: true })
    waiting.set(expiry, clock.nowMs() + timeoutMs)
    if (!isRunning) void watch()
    try {
      return await work(expiry.signal)
    } finally {
      waiting.delete(expiry)
      parent?.removeEventListener('abort', onParent)
    }
  }
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
