import type { Remembering } from '../contracts.ts'

/** How much time passes at the receiving end while it listens: by the times of what came, and by a clock when nothing does. */
export interface HeardTime extends Remembering {
  /**
   * Milliseconds since the time that was last answered for; 0 until they are `leastMs`, and never more than a little at
   * once, because who was down did not listen.
   */
  hear(nowMs: number): number
}

const key = 'heard/time'
const maxSteps = 2

export function createHeardTime(leastMs: number): HeardTime {
  let heardMs = 0
  let isChanged = false
  return {
    hear: (nowMs) => {
      if (nowMs < heardMs + leastMs) return 0
      const stepMs = heardMs === 0 ? 0 : Math.min(nowMs - heardMs, maxSteps * leastMs)
      heardMs = nowMs
      isChanged = true
      return stepMs
    },
    takeChanges: () => {
      if (!isChanged) return []
      isChanged = false
      return [{ key, value: Buffer.from(String(heardMs)) }]
    },
    restore: (records) => {
      for (const { value } of records) heardMs = Number(Buffer.from(value).toString()) || 0
    },
  }
}
