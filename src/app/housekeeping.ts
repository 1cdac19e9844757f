import type { Clock, Component, Log, Logger, Metrics } from '../contracts.ts'
import { messageOf } from '../errors.ts'

const sweepEveryMs = 60_000

/** Once a minute: retention, and the gauges that say how full the log is and how far its readers are behind. */
export function createHousekeeping(options: {
  readonly log: Log
  /** The groups whose lag is shown, also before they have read anything. */
  readonly readers: readonly { readonly topic: string; readonly group: string }[]
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}): Component & { refresh(): Promise<void> } {
  const { log, readers, clock, logger, metrics } = options
  const stopping = new AbortController()
  const refresh = async (): Promise<void> => {
    for (const status of await log.status()) {
      metrics.set('kubewitness_topic_records', status.records, { topic: status.topic })
      metrics.set('kubewitness_topic_bytes', status.bytes, { topic: status.topic })
      for (const { group } of readers.filter(({ topic }) => topic === status.topic)) {
        const next = Math.max(status.cursors[group] ?? 0, status.firstOffset)
        metrics.set('kubewitness_topic_lag_records', Math.max(0, status.nextOffset - next), {
          topic: status.topic,
          group,
        })
      }
    }
  }
  const sweep = async (): Promise<void> => {
    try {
      for (const [topic, lost] of Object.entries(await log.sweep())) {
        if (lost === 0) continue
        metrics.add('kubewitness_events_dropped_total', lost, { reason: `retention_${topic}` })
        logger.error('Retention took records that a reader had not seen', { topic, records: lost })
      }
      await refresh()
    } catch (error) {
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
