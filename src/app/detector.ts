import type { Clock, Component, Log, Logger, Metrics } from '../contracts.ts'
import { ruleName } from '../detect/alert.ts'
import type { AlertingOptions } from '../detect/episode/alerting.ts'
import { messageOf } from '../errors.ts'
import { feedOf, type RuleFeed } from '../policy/seen.ts'
import type { FromDetectWorker } from './detect-messages.ts'
import { type DetectThread, openDetectThread } from './detect-thread.ts'
import { runDetection } from './detection.ts'
import type { LogAccess } from './log-access.ts'
import { createRestarts } from './restarts.ts'
import { createRuleGauges, type RuleGauges } from './rule-gauges.ts'
import { type CompiledRules, compileOrder, type RuleSource, readOrder } from './rule-set.ts'

/** The part that evaluates events. A rule set is taken whole or not at all. */
export interface Detector extends Component {
  /**
   * Reads the rules, and resolves when they are in use. Rejects with `rules.invalid` or `rules.unreadable`, and the
   * old ones stay. Every event is evaluated by one of the two sets.
   */
  useRules(rules: RuleSource): Promise<void>
  /** Why events are not evaluated; undefined when they are. */
  problem(): string | undefined
}

export interface DetectorOptions {
  readonly rules: RuleSource
  readonly episodes: AlertingOptions
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  /** A rule threw and is off from now on. */
  readonly onRuleFailure: (rule: string, message: string) => void
  /** What the rules in use need of the stream: once after each change of them. */
  readonly onFeeds: (feeds: readonly RuleFeed[]) => void
}

/**
 * Detects in a thread of its own, which reads the store itself; if the thread dies, a new one goes on from the cursor,
 * later each time. It compiles new rules itself, between two deliveries: receiving never waits for rules, detecting does
 * for as long as it takes to parse the files that have changed and to compile all.
 */
export function createThreadDetector(
  options: DetectorOptions & { readonly access: () => LogAccess },
): Detector {
  const { access, logger, clock } = options
  const stopping = new AbortController()
  const restarts = createRestarts(clock, stopping.signal)
  const gauges = createRuleGauges(options.metrics)
  let rules = options.rules
  /** The one that reads; undefined while it is to be started again. */
  let current: DetectThread | undefined
  let changing: Promise<void> = Promise.resolve()
  const threads = new Set<DetectThread>()

  const open = (source: RuleSource): DetectThread => {
    const hear = createReceiver(options, gauges)
    const thread = openDetectThread({
      access: access(),
      rules: source,
      episodes: options.episodes,
      hear,
    })
    threads.add(thread)
    void thread.exited.then(() => threads.delete(thread))
    return thread
  }

  /** From here on this thread detects, and is followed by another one if it ends by itself. */
  const use = async (thread: DetectThread): Promise<void> => {
    current = thread
    void thread.exited.then((reason) => {
      const isMissed = current === thread && !stopping.signal.aborted
      // Killed from outside, or out of memory: it cannot say so itself.
      if (reason !== undefined || isMissed) fail(reason ?? 'its thread has ended')
      if (!isMissed) return
      current = undefined
      void restart()
    })
    thread.take()
    await thread.running
    restarts.started()
  }

  const begin = async (source: RuleSource): Promise<void> => {
    const thread = open(source)
    rules = (await thread.loaded).order
    if (!stopping.signal.aborted) await use(thread)
  }

  const fail = (message: string): void => {
    restarts.failed(`detection: ${message}`)
    logger.error('Detection stopped', { message })
  }

  const restart = async (): Promise<void> => {
    try {
      await restarts.wait()
    } catch {
      return // Stopped while waiting: there is nothing left to restart.
    }
    await inTurn(async () => {
      if (current !== undefined || stopping.signal.aborted) return // New rules came first.
      logger.warn('Detection starts again from its cursor')
      const thread = open(rules)
      try {
        await thread.loaded
      } catch (error) {
        fail(messageOf(error))
        void restart()
        return
      }
      await use(thread).catch(() => undefined) // Said by its end.
    })
  }

  /** One change at a time, so that no two threads read. */
  const inTurn = (change: () => Promise<void>): Promise<void> => {
    const done = changing.then(change)
    changing = done.catch(() => undefined)
    return done
  }

  return {
    name: 'detector',
    start: () => inTurn(() => begin(rules)),
    problem: restarts.problem,
    useRules: (next) =>
      inTurn(async () => {
        const startedMs = clock.nowMs()
        if (current === undefined) return begin(next)
        const { order, tookMs } = await current.useRules(next)
        rules = order
        logger.info('Rules in use', { afterMs: clock.nowMs() - startedMs, pauseMs: tookMs })
      }),
    stop: async (deadline) => {
      stopping.abort()
      const force = (): void => {
        for (const thread of threads) thread.terminate()
      }
      for (const thread of threads) void thread.stop()
      if (deadline.aborted) force()
      deadline.addEventListener('abort', force, { once: true })
      await Promise.all([...threads].map(({ exited }) => exited))
      deadline.removeEventListener('abort', force)
    },
  }
}

function sayStateDropped(logger: Logger, part: string, records: number): void {
  logger.info('What rules remembered was dropped: they are gone, or mean something else now', {
    part,
    records,
  })
}

/** What the detecting thread says, as metrics and alarms. */
function createReceiver(
  { logger, metrics, onRuleFailure, onFeeds }: DetectorOptions,
  rules: RuleGauges,
): (message: FromDetectWorker) => void {
  let feeds: RuleFeed[] = []
  return (message) => {
    switch (message.kind) {
      case 'measurements':
        for (const { name, value, labels } of message.adds) metrics.add(name, value, labels)
        for (const { name, value } of message.observations) metrics.observe(name, value)
        for (const { name, value, labels = {} } of message.gauges)
          rules.measured(name, value, labels)
        return
      case 'running':
        rules.loaded(message.rules)
        feeds = []
        return
      case 'feeds':
        feeds.push(...message.feeds)
        if (message.isLast) onFeeds(feeds)
        return
      case 'stateDropped':
        sayStateDropped(logger, message.part, message.records)
        return
      case 'ruleFailed':
        rules.disabled(message.rule)
        onRuleFailure(message.rule, message.message)
        return
      case 'loaded':
      case 'refused':
      case 'failed':
      case 'stopped':
        return
      default:
        message satisfies never
    }
  }
}

/**
 * Detects in this thread: for a log that no other thread reads here. If it fails, as when brokers are away, it goes on from the
 * cursor, later each time.
 */
export function createInlineDetector(options: DetectorOptions & { readonly log: Log }): Detector {
  const { log, clock, metrics } = options
  const stopping = new AbortController()
  let compiled: CompiledRules | undefined
  let running: Promise<void> = Promise.resolve()
  const restarts = createRestarts(clock, stopping.signal)
  const rules = createRuleGauges(metrics)
  const compile = (source: RuleSource): CompiledRules => {
    const next = compileOrder(readOrder(source), {
      episodes: options.episodes,
      onRuleFailure: (rule, error) => {
        rules.disabled(ruleName(rule))
        options.onRuleFailure(ruleName(rule), messageOf(error))
      },
    })
    const { rules: loaded } = next.ruleSet
    rules.loaded(loaded.length)
    options.onFeeds(loaded.map((rule) => feedOf(rule, ruleName(rule))))
    return next
  }
  const run = async (current: () => CompiledRules): Promise<void> => {
    while (!stopping.signal.aborted) {
      restarts.started()
      try {
        await runDetection(
          {
            log,
            clock,
            rules: current,
            count: metrics.add,
            observe: metrics.observe,
            gauge: rules.measured,
            onStateDropped: (part, records) => sayStateDropped(options.logger, part, records),
          },
          stopping.signal,
        )
        return // Stopped, or the log is.
      } catch (error) {
        restarts.failed(`detection: ${messageOf(error)}`)
        options.logger.error('Detection stopped', { message: messageOf(error) })
        await restarts.wait()
      }
    }
  }
  return {
    name: 'detector',
    start: async () => {
      const first = compile(options.rules)
      compiled = first
      running = run(() => compiled ?? first).catch(() => undefined) // Ends only by the abort of stop.
    },
    problem: restarts.problem,
    useRules: async (next) => {
      compiled = compile(next)
    },
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
