export interface BackoffOptions {
  readonly initialMs: number
  readonly maximumMs: number
  readonly factor: number
  /** Share of the wait that is random, 0 to 1. */
  readonly jitter: number
}

/** The wait before retry number `attempt` (from 0): exponential, capped, jittered downwards. `random` gives [0, 1). */
export function backoffMs(options: BackoffOptions, attempt: number, random: () => number): number {
  const full = Math.min(options.maximumMs, options.initialMs * options.factor ** attempt)
  return Math.round(full * (1 - options.jitter * random()))
}
