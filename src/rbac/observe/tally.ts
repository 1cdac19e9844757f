/** How often and when, without a memory of single requests: so that parts are added up in any order. */
export interface Tally {
  /** Events at stage `ResponseStarted`. */
  started: number
  /** Events at stages `ResponseComplete` and `Panic`. */
  completed: number
  firstUs: number
  lastUs: number
}

export function emptyTally(): Tally {
  return {
    started: 0,
    completed: 0,
    firstUs: Number.MAX_SAFE_INTEGER,
    lastUs: Number.MIN_SAFE_INTEGER,
  }
}

/**
 * Requests, not their stages: a long-running request has both stages, others have one. A watch that began before the
 * observation did, or that goes on behind it, has one of them only.
 */
export function requestsOf({ started, completed }: Pick<Tally, 'started' | 'completed'>): number {
  return Math.max(started, completed)
}

export function count(tally: Tally, isStart: boolean, timeUs: number): void {
  if (isStart) tally.started += 1
  else tally.completed += 1
  if (timeUs < tally.firstUs) tally.firstUs = timeUs
  if (timeUs > tally.lastUs) tally.lastUs = timeUs
}

export function addTally(to: Tally, from: Tally): void {
  to.started += from.started
  to.completed += from.completed
  to.firstUs = Math.min(to.firstUs, from.firstUs)
  to.lastUs = Math.max(to.lastUs, from.lastUs)
}
