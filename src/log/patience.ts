import type { Clock } from '../contracts.ts'

/** Tells waiters that they have waited for long enough; all of them wait for equally long. */
export interface Patience {
  /** Calls `onOver` after the time, unless it is taken back before. */
  begin(onOver: () => void): void
  takeBack(onOver: () => void): void
}

/**
 * One sleeper for all, which sleeps on when they are taken back: most waits are short, and a timer and its cancelling for
 * each cost more than all else that is done for a small record. Sleeps while anybody waits, and until the signal aborts.
 */
export function createPatience(clock: Clock, limitMs: number, signal: AbortSignal): Patience {
  /** What each still has to wait for when the sleep began. */
  const leftMs = new Map<() => void, number>()
  let isRunning = false
  let sleepsSinceMs = 0

  const sleep = async (): Promise<void> => {
    const ms = Math.min(...leftMs.values())
    sleepsSinceMs = clock.nowMs()
    await clock.sleep(ms, signal)
    for (const [onOver, left] of [...leftMs]) {
      leftMs.set(onOver, left - ms)
      if (left > ms) continue
      leftMs.delete(onOver)
      onOver()
    }
  }
  const run = async (): Promise<void> => {
    isRunning = true
    try {
      while (leftMs.size > 0) await sleep()
    } catch {
      // The signal: nobody waits any more.
    } finally {
      isRunning = false
    }
  }

  return {
    begin: (onOver) => {
      // Within bounds also where the clock was set.
      const lateMs = Math.min(limitMs, Math.max(0, clock.nowMs() - sleepsSinceMs))
      leftMs.set(onOver, limitMs + (isRunning ? lateMs : 0))
      if (!isRunning) void run()
    },
    takeBack: (onOver) => void leftMs.delete(onOver),
  }
}
