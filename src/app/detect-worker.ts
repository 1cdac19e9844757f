import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { EventRule, Labels, Log, MetricName } from '../contracts.ts'
import { ruleName } from '../detect/alert.ts'
import { KubewitnessError, messageOf } from '../errors.ts'
import { toPlain } from '../log/store-error.ts'
import { feedOf, type RuleFeed } from '../policy/seen.ts'
import { systemClock } from '../util/clock.ts'
import type {
  DetectWorkerData,
  FromDetectWorker,
  Measurement,
  ToDetectWorker,
} from './detect-messages.ts'
import { runDetection } from './detection.ts'
import { attachLog } from './log-access.ts'
import { type CompiledRules, createCompiler, type RuleSource, readOrder } from './rule-set.ts'

type Send = (message: FromDetectWorker) => void

/** The thread that detects: only it decodes events, and only bytes reach it. */
async function main(data: DetectWorkerData, send: Send): Promise<void> {
  const stopping = new AbortController()
  const taken = Promise.withResolvers<void>()
  const load = createLoader(data, send)
  let compiled = load(data.rules)
  if (compiled === undefined) return
  parentPort?.on('message', (message: ToDetectWorker) => {
    switch (message.kind) {
      case 'take':
        taken.resolve()
        return
      case 'useRules':
        compiled = load(message.rules) ?? compiled
        return
      case 'stop':
        stopping.abort()
        taken.resolve()
        return
      default:
        message satisfies never
    }
  })
  const first = compiled
  const log = await attachLog(data.access, systemClock)
  await log.start()
  try {
    await taken.promise
    if (!stopping.signal.aborted) await detect(log, () => compiled ?? first, send, stopping.signal)
    send({ kind: 'stopped' })
  } finally {
    await log.stop(AbortSignal.timeout(5000))
  }
}

/** Resolves when the signal aborts, the last delivery is committed and the seat is free. */
async function detect(
  log: Log,
  rules: () => CompiledRules,
  send: Send,
  signal: AbortSignal,
): Promise<void> {
  const measurements = createMeasurements(send)
  const timer = setInterval(measurements.flush, 250)
  const failed = Promise.withResolvers<never>()
  let inUse: CompiledRules | undefined
  let feeding = new AbortController()
  const use = (next: CompiledRules): void => {
    if (inUse === next) return
    inUse = next
    feeding.abort()
    feeding = new AbortController()
    // What the rules before have measured belongs to them.
    measurements.flush()
    send({ kind: 'running', rules: next.ruleSet.rules.length })
    sendFeeds(next.ruleSet.rules, send, feeding.signal).catch(failed.reject)
  }
  try {
    use(rules()) // It reads from now on, whether there is something to read or not.
    const detection = runDetection(
      {
        log,
        clock: systemClock,
        rules,
        count: measurements.add,
        observe: measurements.observe,
        gauge: measurements.gauge,
        onStateDropped: (part, records) => send({ kind: 'stateDropped', part, records }),
        onRulesInUse: use,
      },
      signal,
    )
    await Promise.race([detection, failed.promise])
    // Its answer comes from behind the seat that was given back: the next reader finds it free.
    await log.append([], AbortSignal.timeout(5000))
  } finally {
    feeding.abort()
    clearInterval(timer)
    measurements.flush()
  }
}

/** Compiles rules again and again. Tells of those that are refused, and returns nothing. */
function createLoader(
  { episodes }: DetectWorkerData,
  send: Send,
): (rules: RuleSource) => CompiledRules | undefined {
  const compile = createCompiler({
    episodes,
    onRuleFailure: (rule, error) =>
      send({ kind: 'ruleFailed', rule: ruleName(rule), message: messageOf(error) }),
  })
  return (rules) => {
    try {
      const startedMs = performance.now()
      const order = readOrder(rules)
      const compiled = compile(order)
      send({ kind: 'loaded', order, tookMs: Math.round(performance.now() - startedMs) })
      return compiled
    } catch (error) {
      if (!(error instanceof KubewitnessError)) throw error
      send({ kind: 'refused', error: toPlain(error) })
      return undefined
    }
  }
}

const rulesPerTurn = 10
const rulesPerMessage = 100

/** A few rules at a time, so that events need not wait. */
async function sendFeeds(
  rules: readonly EventRule[],
  send: Send,
  signal: AbortSignal,
): Promise<void> {
  let feeds: RuleFeed[] = []
  for (let from = 0; from < rules.length && !signal.aborted; from += rulesPerTurn) {
    for (const rule of rules.slice(from, from + rulesPerTurn)) {
      feeds.push(feedOf(rule, ruleName(rule)))
    }
    if (feeds.length >= rulesPerMessage) {
      send({ kind: 'feeds', feeds, isLast: false })
      feeds = []
    }
    await nextTurn()
  }
  if (!signal.aborted) send({ kind: 'feeds', feeds, isLast: true })
}

/** Sums counts up and sends them on now and then, so that a busy thread does not post a message an event. */
function createMeasurements(send: Send): {
  readonly add: (name: MetricName, value: number, labels?: Labels) => void
  readonly observe: (name: MetricName, value: number) => void
  readonly gauge: (name: MetricName, value: number, labels: Labels) => void
  readonly flush: () => void
} {
  const sums = new Map<string, { name: MetricName; value: number; labels: Labels }>()
  const gauges = new Map<string, Measurement>()
  let observations: Measurement[] = []
  const keyOf = (name: MetricName, labels: Labels): string =>
    `${name} ${Object.values(labels).join(' ')}`
  return {
    add: (name, value, labels = {}) => {
      const key = keyOf(name, labels)
      const sum = sums.get(key)
      if (sum === undefined) sums.set(key, { name, value, labels })
      else sum.value += value
    },
    observe: (name, value) => {
      // Enough for a histogram; a burst beyond it would only repeat what these say.
      if (observations.length < 10_000) observations.push({ name, value })
    },
    gauge: (name, value, labels) => void gauges.set(keyOf(name, labels), { name, value, labels }),
    flush: () => {
      if (sums.size + observations.length + gauges.size === 0) return
      send({
        kind: 'measurements',
        adds: [...sums.values()],
        observations,
        gauges: [...gauges.values()],
      })
      sums.clear()
      gauges.clear()
      observations = []
    },
  }
}

const port = parentPort
if (port !== null) {
  const send: Send = (message) => port.postMessage(message)
  // The thread's data was built by `openDetectThread` in this folder, with this type.
  main(workerData as DetectWorkerData, send)
    .catch((error: unknown) => send({ kind: 'failed', message: messageOf(error) }))
    .finally(() => port.close())
}
