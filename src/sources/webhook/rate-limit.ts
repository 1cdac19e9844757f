import type { Clock } from '../../contracts.ts'

/** Lets one call through each `intervalMs`, and gives it the number that were held back since the last. */
export function atMostEvery(
  intervalMs: number,
  clock: Clock,
): (action: (suppressed: number) => void) => void {
  let nextAtMs = Number.NEGATIVE_INFINITY
  let suppressed = 0
  return (action) => {
    if (clock.nowMs() < nextAtMs) {
      suppressed++
      return
    }
    nextAtMs = clock.nowMs() + intervalMs
    action(suppressed)
    suppressed = 0
  }
}
