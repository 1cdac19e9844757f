import type { Clock } from '../contracts.ts'
import { backoffMs } from '../util/backoff.ts'

/** Whoever has run for so long runs well again. */
const stableMs = 10_000
const backoff = { initialMs: 1000, maximumMs: 60_000, factor: 2, jitter: 0 }

/** When something that failed is started again, and whether it is well. */
export interface Restarts {
  /** The reason why it is not well; undefined when it is. It stays until a start has held. */
  problem(): string | undefined
  failed(reason: string): void
  /** It runs: if it still does in a while, it is well. */
  started(): void
  /** Resolves when it is time to start again, later after each failure. Rejects when the signal aborts. */
  wait(): Promise<void>
}

export function createRestarts(clock: Clock, signal: AbortSignal): Restarts {
  let failures = 0
  let reason: string | undefined
  return {
    problem: () => reason,
    failed: (why) => {
      failures += 1
      reason = why
    },
    started: () => {
      const before = failures
      if (before === 0) return
      clock.sleep(stableMs, signal).then(
        () => {
          if (failures !== before) return
          failures = 0
          reason = undefined
        },
        () => undefined, // Stopped meanwhile.
      )
    },
    wait: () =>
      clock.sleep(
        backoffMs(backoff, Math.max(0, failures - 1), () => 0),
        signal,
      ),
  }
}
