import type { Alert, Clock, Logger, LogRecord, Metrics, Outcome, Sink } from '../contracts.ts'
import type { Suppression } from './screen.ts'
import { createSinkState } from './sink-state.ts'
import { writeAll } from './write-all.ts'

export interface WriterOptions {
  /** The sink's name. */
  readonly sink: string
  /** How often an item may fail in writes in which the sink took others, before it is a dead letter. */
  readonly maxAttempts: number
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

/** What a writer has to know of what it writes: `T` is what the sink is given of an item. */
export interface Writable<I, T> {
  readonly to: Sink<T>
  keyOf(item: I): string
  contentOf(item: I): T
  /** Of an item that the sink will never take. */
  letterOf(item: I, error: unknown, nowMs: number): LogRecord
}

/** An alert on its way, by the key of its record. */
export interface Item {
  readonly key: string
  readonly alert: Alert
}

/** What came of one write. */
export interface Written<I> {
  /** Those that were delivered or skipped, or that the sink will never take: then with their dead letter. */
  readonly settled: readonly { readonly item: I; readonly letter: LogRecord | undefined }[]
  readonly unsettled: readonly I[]
  /** What the sink said of those. */
  readonly repeats: readonly Outcome[]
}

/** Writes to one sink, and keeps account of it. */
export interface Writer<I> {
  write<J extends I>(items: readonly J[], signal: AbortSignal): Promise<Written<J>>
  count(outcome: Counted, number: number): void
  /** These are not told, and why. */
  skip(reason: Suppression, number: number): void
}

type Counted = 'delivered' | 'rejected' | 'skipped'

export function createWriter<I, T>(
  { clock, logger, maxAttempts, metrics, sink: name }: WriterOptions,
  { to, keyOf, letterOf, contentOf }: Writable<I, T>,
): Writer<I> {
  const state = createSinkState(name, logger, metrics)
  const failuresByKey = new Map<string, number>()

  const count = (outcome: Counted, number: number): void => {
    if (number === 0) return
    metrics.add('kubewitness_sink_deliveries_total', number, { sink: name, outcome })
    if (outcome === 'rejected')
      metrics.add('kubewitness_sink_dead_letters_total', number, { sink: name })
  }

  const skip = (reason: Suppression, number: number): void => {
    if (number === 0) return
    count('skipped', number)
    metrics.add('kubewitness_notifications_suppressed_total', number, { sink: name, reason })
  }

  const isGivenUp = (key: string): boolean => {
    const failures = (failuresByKey.get(key) ?? 0) + 1
    failuresByKey.set(key, failures)
    return failures >= maxAttempts
  }

  return {
    count,
    skip,
    write: async <J extends I>(items: readonly J[], signal: AbortSignal): Promise<Written<J>> => {
      if (items.length === 0) return { settled: [], unsettled: [], repeats: [] }
      const outcomes = await writeAll(to, items.map(contentOf), signal)
      if (!signal.aborted) state.observe(outcomes)
      const numberOf = (wanted: Outcome['status']): number =>
        outcomes.filter(({ status }) => status === wanted).length
      const delivered = numberOf('delivered')
      const skipped = numberOf('skipped')
      const settled: { readonly item: J; readonly letter: LogRecord | undefined }[] = []
      const unsettled: J[] = []
      const repeats: Outcome[] = []
      for (const [place, item] of items.entries()) {
        // As many outcomes as items: `writeAll` has made sure.
        const outcome = outcomes[place]!
        const key = keyOf(item)
        if (outcome.status === 'retry' && !(isItsOwnFault(outcome, delivered) && isGivenUp(key))) {
          repeats.push(outcome)
          unsettled.push(item)
          continue
        }
        failuresByKey.delete(key)
        const letter = 'error' in outcome ? letterOf(item, outcome.error, clock.nowMs()) : undefined
        settled.push({ item, letter })
      }
      count('delivered', delivered)
      skip('no_news', skipped)
      count('rejected', settled.length - delivered - skipped)
      return { settled, unsettled, repeats }
    },
  }
}

/** Told by what became of its neighbours: a sink that takes none is down. */
function isItsOwnFault(outcome: Extract<Outcome, { status: 'retry' }>, delivered: number): boolean {
  return delivered > 0 && outcome.isBlameless !== true
}
