import type {
  Alert,
  Clock,
  Delivery,
  Level,
  Logger,
  LogRecord,
  Metrics,
  Outcome,
  Sink,
  StoredRecord,
} from '../contracts.ts'
import { messageOf } from '../errors.ts'
import { decodeAlert } from './alert.ts'
import { refusedLetter, undecodableLetter } from './dead-letter.ts'
import { reaches } from './route/match.ts'
import type { FindRoute } from './route/routes.ts'
import { createSinkState } from './sink-state.ts'
import { createWindow } from './window.ts'

export interface SettlerOptions {
  readonly sink: Sink<Alert>
  readonly name: string
  readonly minimumLevel: Level
  readonly findRoute: FindRoute
  readonly maxAttempts: number
  readonly deadLetterTopic: string
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

/** Settles deliveries: every alert of it delivered, passed over, or among the dead letters. */
export interface Settler {
  /**
   * Writes what is not settled yet; commits the delivery, with its dead letters, once everything is. Returns the
   * outcomes that ask for a repeat, none when it was committed. What it has settled of an uncommitted delivery it does
   * not write again when that delivery comes again, alone or with more behind it.
   */
  settle(delivery: Delivery, signal: AbortSignal): Promise<readonly Outcome[]>
}

/** Why a sink is not told of a revision. */
type Suppression = 'level' | 'route'

/** An alert on its way, and the record that it came in. */
interface Item {
  readonly record: StoredRecord
  readonly alert: Alert
}

export function createSettler(options: SettlerOptions): Settler {
  const { sink, name, minimumLevel, maxAttempts, deadLetterTopic, clock, metrics } = options
  const window = createWindow()
  const state = createSinkState(name, options.logger, metrics)

  const count = (outcome: 'delivered' | 'rejected' | 'skipped'): void =>
    metrics.add('kubewitness_sink_deliveries_total', 1, { sink: name, outcome })

  const setAside = (record: StoredRecord, letter: LogRecord): void => {
    window.settle(record, letter)
    count('rejected')
    metrics.add('kubewitness_sink_dead_letters_total', 1, { sink: name })
  }

  const suppressionOf = (alert: Alert): Suppression | undefined => {
    if (!reaches(alert, minimumLevel)) return 'level'
    return options.findRoute(name, alert) === undefined ? 'route' : undefined
  }

  const suppress = (record: StoredRecord, reason: Suppression): void => {
    window.settle(record)
    count('skipped')
    metrics.add('kubewitness_notifications_suppressed_total', 1, { sink: name, reason })
  }

  /** The alerts that have yet to be written; settles all other records. */
  const pendingItems = (records: readonly StoredRecord[]): Item[] => {
    const items: Item[] = []
    for (const record of records) {
      if (window.isSettled(record)) continue
      const decoded = decodeAlert(record.value)
      if ('reason' in decoded) {
        setAside(record, undecodableLetter(name, record, decoded.reason, clock.nowMs()))
        continue
      }
      const reason = suppressionOf(decoded.alert)
      if (reason === undefined) items.push({ record, alert: decoded.alert })
      else suppress(record, reason)
    }
    return items
  }

  /** Settles what the outcomes settle; returns those that ask for a repeat. */
  const applyOutcomes = (items: readonly Item[], outcomes: readonly Outcome[]): Outcome[] => {
    const tookSome = outcomes.some(({ status }) => status === 'delivered')
    return items.flatMap(({ record, alert }, i) => {
      const outcome = outcomes[i]!
      if (outcome.status === 'delivered') {
        window.settle(record)
        count('delivered')
        return []
      }
      const isGivenUp = tookSome && window.countFailure(record) >= maxAttempts
      if (outcome.status === 'retry' && !isGivenUp) return [outcome]
      setAside(record, refusedLetter(name, alert, outcome.error, clock.nowMs()))
      return []
    })
  }

  return {
    settle: async (delivery, signal) => {
      window.begin(delivery.records)
      const items = pendingItems(delivery.records)
      if (items.length > 0) {
        const outcomes = await write(sink, items, signal)
        if (!signal.aborted) state.observe(outcomes)
        const repeats = applyOutcomes(items, outcomes)
        if (repeats.length > 0) return repeats
      }
      const records = window.deadLetters()
      await delivery.commit(records.length === 0 ? [] : [{ topic: deadLetterTopic, records }])
      window.clear()
      return []
    },
  }
}

/** As the sink answers; a sink that breaks its promise, by throwing or by miscounting, has taken nothing. */
async function write(
  sink: Sink<Alert>,
  items: readonly Item[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const failed = (error: Error): Outcome[] => items.map(() => ({ status: 'retry', error }))
  try {
    const outcomes = await sink.write(
      items.map(({ alert }) => alert),
      signal,
    )
    if (outcomes.length === items.length) return outcomes
    return failed(new Error(`${outcomes.length} outcomes for ${items.length} alerts`))
  } catch (error) {
    return failed(error instanceof Error ? error : new Error(messageOf(error)))
  }
}
