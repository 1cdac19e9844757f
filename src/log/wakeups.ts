import type { Clock } from '../contracts.ts'
import { createPatience, type Patience } from './patience.ts'

/** How a wait for more ended: `waited` = nothing came for as long as asked. */
export type Pause = 'woken' | 'waited'

/** Lets readers wait for their topic to change. */
export interface Wakeups {
  /** Resolves at the next `wake` of the topic, after `maxMs` at the latest. */
  pause(topic: string, maxMs?: number): Promise<Pause>
  wake(topic: string): void
  /** Wakes all; nobody may wait any more. */
  end(): void
}

export function createWakeups(clock: Clock): Wakeups {
  const waiting = new Map<string, Set<() => void>>()
  const patience = new Map<number, Patience>()
  const ending = new AbortController()

  const patienceOf = (maxMs: number): Patience => {
    const known = patience.get(maxMs) ?? createPatience(clock, maxMs, ending.signal)
    patience.set(maxMs, known)
    return known
  }
  const wake = (topic: string): void => {
    const woken = waiting.get(topic) ?? []
    waiting.delete(topic)
    for (const resume of woken) resume()
  }
  return {
    pause: (topic, maxMs) =>
      new Promise((resolve) => {
        const waiters = waiting.get(topic) ?? new Set()
        waiting.set(topic, waiters)
        const limit = maxMs === undefined ? undefined : patienceOf(maxMs)
        const onOver = (): void => {
          waiters.delete(resume)
          resolve('waited')
        }
        const resume = (): void => {
          limit?.takeBack(onOver)
          resolve('woken')
        }
        waiters.add(resume)
        limit?.begin(onOver)
      }),
    wake,
    end: () => {
      for (const topic of [...waiting.keys()]) wake(topic)
      ending.abort()
    },
  }
}
