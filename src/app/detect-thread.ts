import { Worker } from 'node:worker_threads'
import type { AlertingOptions } from '../detect/episode/alerting.ts'
import { messageOf } from '../errors.ts'
import type { SqliteLog } from '../log/sqlite.ts'
import { fromPlain } from '../log/store-error.ts'
import { workerUrl } from '../util/worker-url.ts'
import type { DetectWorkerData, FromDetectWorker, ToDetectWorker } from './detect-messages.ts'
import type { RuleOrder, RuleSource } from './rule-set.ts'

/** A thread that detects with one rule set for as long as it lives. */
export interface DetectThread {
  /** The rules are compiled; this is what was read. Rejects when they are refused, or the thread ends before. */
  readonly loaded: Promise<RuleOrder>
  /** Lets it read from the cursor on: once `loaded`, and when no other thread does. */
  take(): void
  /** Resolves when it reads; rejects when it ends before. */
  readonly running: Promise<void>
  /** Why it ended by itself; undefined when it was stopped. Resolves when it is gone. */
  readonly exited: Promise<string | undefined>
  /** Ends it between two deliveries. Resolves when the last of them is committed and the next thread may take over. */
  stop(): Promise<void>
  /** Ends it at once; what was begun comes again to the next thread. */
  terminate(): void
}

export interface DetectThreadOptions {
  readonly log: SqliteLog
  readonly logDirectory: string
  readonly rules: RuleSource
  readonly episodes: AlertingOptions
  readonly hear: (message: FromDetectWorker) => void
}

export function openDetectThread(options: DetectThreadOptions): DetectThread {
  const { log, logDirectory, rules, episodes, hear } = options
  const loaded = Promise.withResolvers<RuleOrder>()
  const running = Promise.withResolvers<void>()
  const stopped = Promise.withResolvers<void>()
  const exited = Promise.withResolvers<string | undefined>()
  for (const { promise } of [loaded, running]) promise.catch(() => undefined) // Whoever asks is told.
  const logPort = log.connect()
  const data: DetectWorkerData = { logDirectory, logPort, rules, episodes }
  const worker = new Worker(workerUrl(import.meta.url, './detect-worker'), {
    workerData: data,
    transferList: [logPort],
    // Events live for a moment: a small young generation keeps the process small, and costs nothing.
    resourceLimits: { maxYoungGenerationSizeMb: 6 },
  })
  let reason: string | undefined
  worker.on('message', (message: FromDetectWorker) => {
    if (message.kind === 'loaded') loaded.resolve(message.order)
    if (message.kind === 'refused') loaded.reject(fromPlain(message.error))
    if (message.kind === 'running') running.resolve()
    if (message.kind === 'failed') reason = message.message
    if (message.kind === 'stopped') stopped.resolve()
    hear(message)
  })
  worker.on('error', (error) => {
    reason = messageOf(error)
  })
  worker.once('exit', () => {
    const error = new Error(`detection has ended: ${reason ?? 'it was stopped'}`)
    loaded.reject(error)
    running.reject(error)
    stopped.resolve()
    exited.resolve(reason)
  })
  const tell = (message: ToDetectWorker): void => worker.postMessage(message)
  return {
    loaded: loaded.promise,
    running: running.promise,
    exited: exited.promise,
    take: () => tell({ kind: 'take' }),
    stop: () => {
      tell({ kind: 'stop' })
      return stopped.promise
    },
    terminate: () => void worker.terminate(),
  }
}
