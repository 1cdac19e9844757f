import type { Clock, Component, Labels, Log, Logger, MetricName, Metrics } from '../contracts.ts'
import { messageOf } from '../errors.ts'

const sweepEveryMs = 60_000
const answerWithinMs = 5000

export interface Housekeeping extends Component {
  /** Brings the gauges up to date. Of a log that does not answer within seconds they say that nothing is known: NaN. Never rejects. */
  refresh(): Promise<void>
}

/** Once a minute: retention, and the gauges that say how full the log is and how far its readers are behind. */
export function createHousekeeping(options: {
  readonly log: Log
  /** The groups whose lag is shown, also before they have read anything. */
  readonly readers: readonly { readonly topic: string; readonly group: string }[]
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}): Housekeeping {
  const { log, readers, clock, logger, metrics } = options
  const stopping = new AbortController()
  /** What was said last of each topic, and of each reader. */
  const said = new Map<string, readonly [MetricName, Labels]>()
  const say = (name: MetricName, value: number, labels: Labels): void => {
    said.set(JSON.stringify([name, labels]), [name, labels])
    metrics.set(name, value, labels)
  }
  const forget = (): void => {
    for (const [name, labels] of said.values()) metrics.set(name, Number.NaN, labels)
  }
  const measure = async (): Promise<void> => {
    for (const { topic, records, bytes, cursors, firstOffset, nextOffset } of await log.status()) {
      say('kubewitness_topic_records', records, { topic })
      say('kubewitness_topic_bytes', bytes, { topic })
      for (const { group } of readers.filter((reader) => reader.topic === topic)) {
        const next = Math.max(cursors[group] ?? 0, firstOffset)
        say('kubewitness_topic_lag_records', Math.max(0, nextOffset - next), { topic, group })
      }
    }
  }
  let measuring: Promise<void> | undefined
  /** One at a time, for all who ask meanwhile. */
  const measured = (): Promise<void> => {
    measuring ??= measure().finally(() => {
      measuring = undefined
    })
    return measuring
  }
  const refresh = async (): Promise<void> => {
    const answered = new AbortController()
    const late = clock.sleep(answerWithinMs, answered.signal).then(forget, () => undefined)
    await Promise.race([measured().catch(forget), late])
    answered.abort()
  }
  const sweep = async (): Promise<void> => {
    try {
      for (const [topic, lost] of Object.entries(await log.sweep())) {
        if (lost === 0) continue
        metrics.add('kubewitness_events_dropped_total', lost, { reason: `retention_${topic}` })
        logger.error('Retention took records that a reader had not seen', { topic, records: lost })
      }
      await measured()
    } catch (error) {
      forget()
      logger.error('Housekeeping failed; it is tried again in a minute', {
        message: messageOf(error),
      })
    }
  }
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await clock.sleep(sweepEveryMs, stopping.signal)
      await sweep()
    }
  }
  let running: Promise<void> = Promise.resolve()
  return {
    name: 'housekeeping',
    refresh,
    start: async () => {
      running = run().catch(() => undefined) // Ends only by the abort of stop.
    },
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
