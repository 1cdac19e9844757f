import type { Clock } from '../../src/contracts.ts'

/** A clock on which every wait is over at once, and has taken its time. */
export function createHastyClock(startMs = 1_767_225_600_000): Clock {
  let nowMs = startMs
  return {
    nowMs: () => nowMs,
    sleep: async (ms, signal) => {
      signal.throwIfAborted()
      nowMs += ms
      await new Promise((resolve) => setImmediate(resolve))
      signal.throwIfAborted()
    },
  }
}
