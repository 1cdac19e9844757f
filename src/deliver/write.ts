import type { Alert, Clock, Logger, LogRecord, Metrics, Outcome, Sink } from '../contracts.ts'
import { refusedLetter } from './dead-letter.ts'
import { createSinkState } from './sink-state.ts'
import { writeAll } from './write-all.ts'

export interface WriterOptions {
  readonly to: Sink<Alert>
  /** The sink's name. */
  readonly sink: string
  readonly maxAttempts: number
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

/** An alert on its way, by the key of its record. */
export interface Item {
  readonly key: string
  readonly alert: Alert
}

/** What came of one write. */
export interface Written<T extends Item> {
  /** Those that were delivered, or that the sink will never take: then with their dead letter. */
  readonly settled: readonly { readonly item: T; readonly letter: LogRecord | undefined }[]
  readonly repeats: readonly Outcome[]
}

/** Writes to one sink, and keeps account of it. */
export interface Writer {
  write<T extends Item>(items: readonly T[], signal: AbortSignal): Promise<Written<T>>
  count(outcome: 'delivered' | 'rejected' | 'skipped', number?: number): void
}

export function createWriter(options: WriterOptions): Writer {
  const { clock, maxAttempts, metrics, sink: name, to } = options
  const state = createSinkState(name, options.logger, metrics)
  const failuresByKey = new Map<string, number>()

  const count = (outcome: 'delivered' | 'rejected' | 'skipped', number = 1): void => {
    metrics.add('kubewitness_sink_deliveries_total', number, { sink: name, outcome })
    if (outcome === 'rejected')
      metrics.add('kubewitness_sink_dead_letters_total', number, { sink: name })
  }

  const isGivenUp = (key: string): boolean => {
    const failures = (failuresByKey.get(key) ?? 0) + 1
    failuresByKey.set(key, failures)
    return failures >= maxAttempts
  }

  return {
    count,
    write: async (items, signal) => {
      if (items.length === 0) return { settled: [], repeats: [] }
      const outcomes = await writeAll(
        to,
        items.map(({ alert }) => alert),
        signal,
      )
      if (!signal.aborted) state.observe(outcomes)
      const tookSome = outcomes.some(({ status }) => status === 'delivered')
      const repeats: Outcome[] = []
      const settled = items.flatMap((item, i) => {
        const outcome = outcomes[i]!
        if (outcome.status === 'retry' && !(tookSome && isGivenUp(item.key))) {
          repeats.push(outcome)
          return []
        }
        failuresByKey.delete(item.key)
        count(outcome.status === 'delivered' ? 'delivered' : 'rejected')
        const letter =
          outcome.status === 'delivered'
            ? undefined
            : refusedLetter(name, item.alert, outcome.error, clock.nowMs())
        return [{ item, letter }]
      })
      return { settled, repeats }
    },
  }
}
