import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../contracts.ts'

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (ms, signal) => {
    signal.throwIfAborted()
    try {
      await wait(ms, undefined, { signal })
    } catch {
      signal.throwIfAborted()
    }
  },
}
