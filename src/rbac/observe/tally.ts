/** How often and when, without a memory of single requests: so that parts are added up in any order. */
export interface Tally {
  /** Events at stage `ResponseStarted`. */
  started: number
  /** Events at stages `ResponseComplete` and `Panic`. */
  completed: number
  firstUs: number
  lastUs: number
  /** The audit ids of the first and the last one. */
  firstId: string
  lastId: string
}

export function emptyTally(): Tally {
  return {
    started: 0,
    completed: 0,
    firstUs: Number.MAX_SAFE_INTEGER,
    lastUs: Number.MIN_SAFE_INTEGER,
    firstId: '',
    lastId: '',
  }
}

/**
 * Requests, not their stages: a long-running request has both stages, others have one. A watch that began before the
 * observation did, or that goes on behind it, has one of them only.
 */
export function requestsOf({ started, completed }: Pick<Tally, 'started' | 'completed'>): number {
  return Math.max(started, completed)
}

export function count(tally: Tally, isStart: boolean, timeUs: number, auditId: string): void {
  if (isStart) tally.started += 1
  else tally.completed += 1
  if (timeUs < tally.firstUs || (timeUs === tally.firstUs && auditId < tally.firstId)) {
    tally.firstUs = timeUs
    tally.firstId = auditId
  }
  if (timeUs > tally.lastUs || (timeUs === tally.lastUs && auditId > tally.lastId)) {
    tally.lastUs = timeUs
    tally.lastId = auditId
  }
}

export function addTally(to: Tally, from: Tally): void {
  to.started += from.started
  to.completed += from.completed
  if (from.firstUs < to.firstUs || (from.firstUs === to.firstUs && from.firstId < to.firstId)) {
    to.firstUs = from.firstUs
    to.firstId = from.firstId
  }
  if (from.lastUs > to.lastUs || (from.lastUs === to.lastUs && from.lastId > to.lastId)) {
    to.lastUs = from.lastUs
    to.lastId = from.lastId
  }
}
