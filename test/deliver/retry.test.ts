import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/contracts.ts'
import { defaultRetry, retryWaitMs } from '../../src/deliver/retry.ts'

const error = new Error('down')
const retryAfter = (afterMs?: number): Outcome => ({
  status: 'retry',
  error,
  ...(afterMs === undefined ? {} : { afterMs }),
})

describe('the wait before a repeat', () => {
  it.each([
    ['backs off at first', [retryAfter()], 0, 0, 500],
    ['backs off longer', [retryAfter()], 3, 0, 4_000],
    ['is at most a minute', [retryAfter()], 1_000, 0, 60_000],
    ['is jittered by up to a half', [retryAfter()], 0, 0.999_999, 250],
    [
      'is the longest that was asked for',
      [retryAfter(7_000), retryAfter(9_000), retryAfter()],
      0,
      0,
      9_000,
    ],
    ['is never shorter than the backoff', [retryAfter(100)], 2, 0, 2_000],
    ['is never longer than an hour', [retryAfter(1e12)], 0, 0, 3_600_000],
  ])('%s', (_, outcomes, attempt, random, expected) => {
    expect(retryWaitMs(outcomes, defaultRetry, attempt, () => random)).toBe(expected)
  })
})
