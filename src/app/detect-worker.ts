import { parentPort, workerData } from 'node:worker_threads'
import type { Labels, MetricName } from '../contracts.ts'
import type { RuleSet } from '../detect/match.ts'
import { messageOf } from '../errors.ts'
import { attachSqliteLog } from '../log/sqlite.ts'
import { systemClock } from '../util/clock.ts'
import type {
  DetectWorkerData,
  FromDetectWorker,
  Measurement,
  RuleOrder,
  ToDetectWorker,
} from './detect-messages.ts'
import { runDetection } from './detection.ts'
import { compileOrder } from './rule-set.ts'

/** The thread that detects: only it decodes events, and only bytes reach it. */
async function main(
  data: DetectWorkerData,
  send: (message: FromDetectWorker) => void,
): Promise<void> {
  const log = attachSqliteLog({
    directory: data.logDirectory,
    port: data.logPort,
    clock: systemClock,
  })
  const measurements = createMeasurements(send)
  const stopping = new AbortController()
  let ruleSet = compile(data.rules, send)
  parentPort?.on('message', (message: ToDetectWorker) => {
    if (message.kind === 'stop') return stopping.abort()
    ruleSet = compile(message.order, send)
    send({ kind: 'rules', number: message.number, rules: ruleSet.rules.length })
  })
  await log.start()
  send({ kind: 'started', rules: ruleSet.rules.length })
  const timer = setInterval(measurements.flush, 250)
  try {
    await runDetection(
      {
        log,
        clock: systemClock,
        ruleSet: () => ruleSet,
        count: measurements.add,
        observe: measurements.observe,
      },
      stopping.signal,
    )
  } finally {
    clearInterval(timer)
    measurements.flush()
    await log.stop(AbortSignal.timeout(5000))
  }
}

function compile(order: RuleOrder, send: (message: FromDetectWorker) => void): RuleSet {
  return compileOrder(order, (rule, error) =>
    send({ kind: 'ruleFailed', rule: rule.name ?? rule.id, message: messageOf(error) }),
  )
}

/** Sums counts up and sends them on now and then, so that a busy thread does not post a message an event. */
function createMeasurements(send: (message: FromDetectWorker) => void): {
  readonly add: (name: MetricName, value: number, labels?: Labels) => void
  readonly observe: (name: MetricName, value: number) => void
  readonly flush: () => void
} {
  const sums = new Map<string, { name: MetricName; value: number; labels: Labels }>()
  let observations: Measurement[] = []
  return {
    add: (name, value, labels = {}) => {
      const key = `${name} ${Object.values(labels).join(' ')}`
      const sum = sums.get(key)
      if (sum === undefined) sums.set(key, { name, value, labels })
      else sum.value += value
    },
    observe: (name, value) => {
      // Enough for a histogram; a burst beyond it would only repeat what these say.
      if (observations.length < 10_000) observations.push({ name, value })
    },
    flush: () => {
      if (sums.size === 0 && observations.length === 0) return
      send({ kind: 'measurements', adds: [...sums.values()], observations })
      sums.clear()
      observations = []
    },
  }
}

const port = parentPort
if (port !== null) {
  const send = (message: FromDetectWorker): void => port.postMessage(message)
  // The thread's data was built by `startDetector` in this folder, with this type.
  main(workerData as DetectWorkerData, send).then(
    () => {
      send({ kind: 'stopped' })
      port.close()
    },
    (error: unknown) => {
      send({ kind: 'failed', message: messageOf(error) })
      port.close()
    },
  )
}
