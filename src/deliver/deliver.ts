import type { Alert, Clock, Component, Level, Log, Logger, Metrics, Sink } from '../contracts.ts'
import { KubewitnessError, messageOf } from '../errors.ts'
import { type BackoffOptions, backoffMs } from '../util/backoff.ts'
import { lingerMs } from './batch.ts'
import { hasSavedGroups } from './group/groups.ts'
import { withLateStart } from './late-start.ts'
import { defaultRetry, retryWaitMs } from './retry.ts'
import { type Routing, routingOf } from './routing.ts'
import type { SilencedBy } from './screen.ts'
import { createSettler } from './settle.ts'

export interface DeliveryOptions {
  readonly log: Log
  readonly sink: Sink<Alert>
  /** The sink's name in the configuration: label of metrics and name of the group. */
  readonly name: string
  /** Alerts below it are passed over. */
  readonly minimumLevel?: Level
  /** Which alerts go to this sink, and how; every one does, as it comes, if not given. */
  readonly routing?: Routing
  readonly silencedBy?: SilencedBy
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly metrics: Metrics
  /** Where alerts come from; `alerts` if not given. */
  readonly topic?: string
  /** Whose cursor it is; `sink:<name>` if not given. */
  readonly group?: string
  /** Where refused alerts go; `dead-letter` if not given. */
  readonly deadLetterTopic?: string
  readonly retry?: BackoffOptions
  /**
   * How often one alert may fail in writes in which the sink took others, before it is put aside as a dead letter.
   * Failures of a sink that takes nothing are never counted: a sink that is down is waited for without end.
   */
  readonly maxAttempts?: number
  /** Most revisions that wait in groups; what comes beyond waits in the log. */
  readonly maxHeld?: number
}

export interface SinkDelivery extends Component {
  /** Alerts that are not settled yet are routed so. What waits for its group goes on as it began. */
  useRouting(routing: Routing): void
}

/** How exactly the times of groups are kept. */
const groupTickMs = 1_000

/**
 * Brings alerts from the log to one sink, at least once and in the order of the log, with a cursor of its own. Nothing is
 * queued in memory: what has to wait, for company or for the sink, waits in the log and is read again, together with
 * what has come since. The cursor moves once everything read is delivered, passed over or among the dead letters.
 * Owns the sink: starts it first and stops it last. A sink that cannot start is a reason to reject for the first time only, when
 * somebody who can mend the configuration is looking on; later it is down, as one whose server is away.
 */
export function createDelivery(options: DeliveryOptions): SinkDelivery {
  const { log, name, clock, random, logger, metrics, retry = defaultRetry } = options
  const { topic = 'alerts', group = `sink:${name}` } = options
  const sink = withLateStart(options.sink, name, logger)
  let { routing = routingOf({ routes: [], inhibit: [] }) } = options
  const settler = createSettler({
    ...options,
    sink: name,
    to: sink,
    topic,
    group,
    silencedBy: options.silencedBy ?? (() => undefined),
    inhibit: () => routing.inhibit,
    findRoute: (...given) => routing.findRoute(...given),
    minimumLevel: options.minimumLevel ?? 'informational',
    maxAttempts: options.maxAttempts ?? 50,
    deadLetterTopic: options.deadLetterTopic ?? 'dead-letter',
  })
  const reading = new AbortController()
  const writing = new AbortController()
  let running: Promise<void> | undefined
  let round = new AbortController()
  /** Rounds in a row that left something to do again. */
  let failedRounds = 0

  /** Reads and settles until there is a reason to wait; returns for how long. */
  const readOn = async (): Promise<number> => {
    const { maxItems: maxRecords, maxBytes } = sink.limits
    round = new AbortController()
    const signal = AbortSignal.any([reading.signal, round.signal])
    const isGrouping = routing.usesGroups || (await hasSavedGroups(log, topic, group))
    const limits = { maxRecords, maxBytes, ...(isGrouping && { idleAfterMs: groupTickMs }) }
    for await (const delivery of log.read(topic, group, 'committed', limits, signal)) {
      const companyMs = lingerMs(delivery.records, sink.limits, clock.nowMs())
      if (companyMs > 0) return companyMs
      const repeats = await settler.settle(delivery, writing.signal)
      if (repeats.length > 0) {
        metrics.add('kubewitness_sink_retries_total', 1, { sink: name })
        return retryWaitMs(repeats, retry, failedRounds++, random)
      }
      failedRounds = 0
    }
    if (round.signal.aborted) return 0
    // The log has ended the reading: it is stopping, or was never started.
    return backoffMs(retry, failedRounds++, random)
  }

  const run = async (): Promise<void> => {
    while (!reading.signal.aborted) {
      const waitMs = await readOn().catch((error: unknown) => {
        logger.error('Reading alerts for a sink failed', { sink: name, error: messageOf(error) })
        const askedMs = error instanceof KubewitnessError ? (error.retryAfterMs ?? 0) : 0
        return Math.max(askedMs, backoffMs(retry, failedRounds++, random))
      })
      await clock.sleep(waitMs, reading.signal).catch(() => undefined)
    }
  }

  /** Or has begun to: with this sink the service was in order. */
  const hasDelivered = async (): Promise<boolean> =>
    (await log.status()).some((one) => one.topic === topic && one.cursors[group] !== undefined)

  return {
    name: `delivery to ${name}`,
    start: async () => {
      await sink.start().catch(async (error: unknown) => {
        if (!(await hasDelivered())) throw error
        metrics.set('kubewitness_sink_up', 0, { sink: name })
        const fields = { sink: name, error: messageOf(error) }
        logger.error('Sink cannot start; what it is to get waits in the log', fields)
      })
      running ??= run()
    },
    useRouting: (next) => {
      routing = next
      // Whether there are groups decides how is read.
      round.abort()
    },
    stop: async (deadline) => {
      reading.abort()
      const onDeadline = () => writing.abort(deadline.reason)
      if (deadline.aborted) onDeadline()
      deadline.addEventListener('abort', onDeadline, { once: true })
      await running
      deadline.removeEventListener('abort', onDeadline)
      await sink.stop(deadline)
    },
  }
}
