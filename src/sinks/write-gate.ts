import type { Outcome } from '../contracts.ts'
import { forAll, outcomeOfError, unavailable } from './outcomes.ts'

/** What the writes of every sink have in common: they never throw, and after `stop` there are none. */
export interface WriteGate<T> {
  /** Runs `send`, whose signal aborts with the caller's or when a stop has run out of time. */
  run(
    batch: readonly T[],
    signal: AbortSignal,
    send: (signal: AbortSignal) => Promise<readonly Outcome[]>,
  ): Promise<readonly Outcome[]>
  /** Refuses new writes, waits for those under way and aborts them at the deadline. */
  stop(deadline: AbortSignal): Promise<void>
}

export function createWriteGate<T>(sinkName: string): WriteGate<T> {
  const abandon = new AbortController()
  const underWay = new Set<Promise<unknown>>()
  let isStopped = false
  return {
    run: async (batch, signal, send) => {
      if (batch.length === 0) return []
      if (isStopped || signal.aborted) {
        return forAll(batch, unavailable(`writing to sink ${sinkName}: it is stopped`))
      }
      const writing = send(AbortSignal.any([signal, abandon.signal])).catch((error: unknown) =>
        forAll(batch, outcomeOfError(`writing to sink ${sinkName}`, error)),
      )
      underWay.add(writing)
      try {
        return await writing
      } finally {
        underWay.delete(writing)
      }
    },
    stop: async (deadline) => {
      isStopped = true
      const onDeadline = () => abandon.abort(deadline.reason)
      if (deadline.aborted) onDeadline()
      deadline.addEventListener('abort', onDeadline, { once: true })
      await Promise.allSettled(underWay)
      deadline.removeEventListener('abort', onDeadline)
    },
  }
}
