import { Worker } from 'node:worker_threads'
import type { Clock, Component, Log, Logger, Metrics } from '../contracts.ts'
import type { RuleSet } from '../detect/match.ts'
import { messageOf } from '../errors.ts'
import type { SqliteLog } from '../log/sqlite.ts'
import { workerUrl } from '../util/worker-url.ts'
import type {
  DetectWorkerData,
  FromDetectWorker,
  RuleOrder,
  ToDetectWorker,
} from './detect-messages.ts'
import { runDetection } from './detection.ts'
import { createRestarts } from './restarts.ts'
import { createRuleGauges } from './rule-gauges.ts'
import { compileOrder } from './rule-set.ts'

/** The part that evaluates events. A rule set is taken whole or not at all. */
export interface Detector extends Component {
  /** Resolves when the new rules are in use. Rejects with `rules.invalid`, and the old ones stay. */
  useRules(order: RuleOrder): Promise<void>
  /** Why events are not evaluated; undefined when they are. */
  problem(): string | undefined
}

export interface DetectorOptions {
  readonly rules: RuleOrder
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  /** A rule threw and is off from now on. */
  readonly onRuleFailure: (rule: string, message: string) => void
}

/**
 * Detects in a thread of its own, which reads the store itself; if the thread dies, a new one goes on from the cursor,
 * later each time.
 */
export function createThreadDetector(
  options: DetectorOptions & { readonly log: SqliteLog; readonly logDirectory: string },
): Detector {
  const { log, logDirectory, logger } = options
  const stopping = new AbortController()
  const waiting = new Map<number, () => void>()
  const restarts = createRestarts(options.clock, stopping.signal)
  const receive = createReceiver(options, waiting)
  let order = options.rules
  let worker: Worker | undefined
  let exited: Promise<void> = Promise.resolve()
  let number = 0

  const run = (onStarted: () => void, onFailed: (message: string) => void): void => {
    const fail = (message: string): void => {
      restarts.failed(`detection: ${message}`)
      logger.error('Detection stopped', { message })
      onFailed(message)
    }
    const logPort = log.connect()
    const data: DetectWorkerData = { logDirectory, logPort, rules: order }
    const started = new Worker(workerUrl(import.meta.url, './detect-worker'), {
      workerData: data,
      transferList: [logPort],
      // Events live for a moment: a small young generation keeps the process small, and costs nothing.
      resourceLimits: { maxYoungGenerationSizeMb: 6 },
    })
    worker = started
    started.on('message', (message: FromDetectWorker) => {
      if (message.kind === 'started') {
        restarts.started()
        onStarted()
      }
      if (message.kind === 'failed') fail(message.message)
      receive(message)
    })
    started.on('error', (error) => fail(messageOf(error)))
    exited = new Promise((resolve) => {
      started.once('exit', () => {
        worker = undefined
        resolve()
        // The next thread starts with the newest order.
        for (const settle of waiting.values()) settle()
        waiting.clear()
        if (!stopping.signal.aborted) void restart()
      })
    })
  }

  const restart = async (): Promise<void> => {
    try {
      await restarts.wait()
    } catch {
      return // Stopped while waiting: there is nothing left to restart.
    }
    logger.warn('Detection starts again from its cursor')
    run(
      () => undefined,
      () => undefined,
    )
  }

  return {
    name: 'detector',
    start: async () => {
      // Here, so that what is wrong with the rules comes out as it is.
      compileOrder(order, () => undefined)
      await new Promise<void>((resolve, reject) =>
        run(resolve, (message) => reject(new Error(`detection cannot start: ${message}`))),
      )
    },
    problem: restarts.problem,
    useRules: async (next) => {
      compileOrder(next, () => undefined)
      order = next
      number += 1
      if (worker === undefined) return
      const sent = worker
      const message: ToDetectWorker = { kind: 'rules', order: next, number }
      await new Promise<void>((resolve) => {
        waiting.set(number, resolve)
        sent.postMessage(message)
      })
    },
    stop: async (deadline) => {
      stopping.abort()
      const message: ToDetectWorker = { kind: 'stop' }
      worker?.postMessage(message)
      const force = (): void => void worker?.terminate()
      if (deadline.aborted) force()
      deadline.addEventListener('abort', force, { once: true })
      await exited
      deadline.removeEventListener('abort', force)
    },
  }
}

/** What the detecting thread says, as metrics and alarms. */
function createReceiver(
  { metrics, onRuleFailure }: DetectorOptions,
  waiting: Map<number, () => void>,
): (message: FromDetectWorker) => void {
  const rules = createRuleGauges(metrics)
  return (message) => {
    switch (message.kind) {
      case 'measurements':
        for (const { name, value, labels } of message.adds) metrics.add(name, value, labels)
        for (const { name, value } of message.observations) metrics.observe(name, value)
        return
      case 'started':
        rules.loaded(message.rules)
        return
      case 'rules':
        rules.loaded(message.rules)
        waiting.get(message.number)?.()
        waiting.delete(message.number)
        return
      case 'ruleFailed':
        rules.disabled(message.rule)
        onRuleFailure(message.rule, message.message)
        return
      case 'failed':
      case 'stopped':
        return
      default:
        message satisfies never
    }
  }
}

/** Detects in this thread: for a log in memory, which no other thread can read. */
export function createInlineDetector(options: DetectorOptions & { readonly log: Log }): Detector {
  const { log, clock, metrics } = options
  const stopping = new AbortController()
  let ruleSet: RuleSet | undefined
  let running: Promise<void> = Promise.resolve()
  let problem: string | undefined
  const rules = createRuleGauges(metrics)
  const compile = (order: RuleOrder): RuleSet => {
    const compiled = compileOrder(order, (rule, error) => {
      const name = rule.name ?? rule.id
      rules.disabled(name)
      options.onRuleFailure(name, messageOf(error))
    })
    rules.loaded(compiled.rules.length)
    return compiled
  }
  return {
    name: 'detector',
    start: async () => {
      const first = compile(options.rules)
      ruleSet = first
      running = runDetection(
        {
          log,
          clock,
          ruleSet: () => ruleSet ?? first,
          count: metrics.add,
          observe: metrics.observe,
        },
        stopping.signal,
      )
      running.catch((error: unknown) => {
        problem = `detection: ${messageOf(error)}`
        options.logger.error('Detection stopped', { message: messageOf(error) })
      })
    },
    problem: () => problem,
    useRules: async (order) => {
      ruleSet = compile(order)
    },
    stop: async () => {
      stopping.abort()
      await running.catch(() => undefined) // Said when it happened.
    },
  }
}
