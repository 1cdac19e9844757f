import type { Clock } from '../../src/contracts.ts'

/** A clock that stands still until told: `advance` wakes the sleepers whose time has come, in order. */
export interface FakeClock extends Clock {
  advance(ms: number): Promise<void>
  readonly sleepers: number
}

export function createFakeClock(startMs = 1_767_225_600_000): FakeClock {
  let nowMs = startMs
  let waiting: { readonly atMs: number; readonly wake: () => void }[] = []
  return {
    nowMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const entry = {
          atMs: nowMs + ms,
          wake: () => {
            signal.removeEventListener('abort', onAbort)
            resolve()
          },
        }
        const onAbort = () => {
          waiting = waiting.filter((other) => other !== entry)
          reject(signal.reason)
        }
        signal.addEventListener('abort', onAbort, { once: true })
        waiting.push(entry)
      }),
    get sleepers() {
      return waiting.length
    },
    advance: async (ms) => {
      const untilMs = nowMs + ms
      for (;;) {
        // Lets whoever was just woken go to sleep again before the next is chosen.
        await new Promise((resolve) => setImmediate(resolve))
        const next = waiting.toSorted((a, b) => a.atMs - b.atMs)[0]
        if (next === undefined || next.atMs > untilMs) break
        nowMs = next.atMs
        waiting = waiting.filter((other) => other !== next)
        next.wake()
      }
      nowMs = untilMs
    },
  }
}
