import type { Clock } from '../contracts.ts'

/** Keeps a least time between requests to one receiver; 0 keeps none. */
export interface Pace {
  /** Resolves when the next one may go out; rejects when the signal aborts. */
  wait(signal: AbortSignal): Promise<void>
  /** One has been answered. `afterMs` is how long the receiver asks to be left alone. */
  sent(afterMs?: number): void
}

export function createPace(clock: Clock, intervalMs: number): Pace {
  let sentMs = 0
  let restMs = 0
  return {
    wait: async (signal) => {
      // A clock that was set back must not hold anything up for longer.
      const waitMs = Math.min(restMs, sentMs + restMs - clock.nowMs())
      if (waitMs > 0) await clock.sleep(waitMs, signal)
    },
    sent: (afterMs = 0) => {
      sentMs = clock.nowMs()
      restMs = intervalMs > 0 ? Math.max(intervalMs, afterMs) : 0
    },
  }
}
