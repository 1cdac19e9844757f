import type { Clock, Component } from '../contracts.ts'
import { createRestarts } from './restarts.ts'

/** One run of a part of the service. */
export interface Run {
  /** Why it ended by itself, if it said so. Resolves when it is gone. */
  readonly exited: Promise<string | undefined>
  /** Ends it when what is under way is done. */
  stop(): void
  /** Ends it without that. */
  abandon(): void
}

export interface LastingOptions<R extends Run> {
  readonly name: string
  readonly clock: Clock
  /** Begins a run, and says when it does its work. */
  readonly begin: (onRunning: () => void) => R
  /** A run has ended by itself; another one follows. */
  readonly onEnded: (reason: string) => void
}

/** A part that is begun again when it ends by itself, later each time. Nothing else depends on it. */
export interface Lasting<R extends Run> extends Component {
  /** The run that there is; undefined between two of them. */
  current(): R | undefined
}

export function createLasting<R extends Run>({
  name,
  clock,
  begin,
  onEnded,
}: LastingOptions<R>): Lasting<R> {
  const stopping = new AbortController()
  const restarts = createRestarts(clock, stopping.signal)
  let current: R | undefined
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      current = begin(restarts.started)
      const reason = (await current.exited) ?? 'it has ended'
      current = undefined
      if (stopping.signal.aborted) return
      restarts.failed(reason)
      onEnded(reason)
      await restarts.wait()
    }
  }
  let running: Promise<void> = Promise.resolve()
  return {
    name,
    current: () => current,
    start: async () => {
      running = run().catch(() => undefined) // Ends only by the abort of stop.
    },
    stop: async (deadline) => {
      stopping.abort()
      const abandon = (): void => current?.abandon()
      current?.stop()
      if (deadline.aborted) abandon()
      deadline.addEventListener('abort', abandon, { once: true })
      await running
      deadline.removeEventListener('abort', abandon)
    },
  }
}
