import type { Outcome } from '../contracts.ts'
import { type BackoffOptions, backoffMs } from '../util/backoff.ts'

export const defaultRetry: BackoffOptions = {
  initialMs: 500,
  maximumMs: 60_000,
  factor: 2,
  jitter: 0.5,
}

/** No sink can ask for a longer wait than this. */
const maximumAfterMs = 3_600_000

/** The wait before the items that are worth repeating are written again: backoff, or longer if the sink asked for it. */
export function retryWaitMs(
  outcomes: readonly Outcome[],
  backoff: BackoffOptions,
  attempt: number,
  random: () => number,
): number {
  const asked = outcomes.map((outcome) =>
    outcome.status === 'retry' ? Math.min(outcome.afterMs ?? 0, maximumAfterMs) : 0,
  )
  return Math.max(1, backoffMs(backoff, attempt, random), ...asked)
}
