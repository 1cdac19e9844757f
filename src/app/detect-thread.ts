import type { AlertingOptions } from '../detect/episode/alerting.ts'
import { fromPlain } from '../log/store-error.ts'
import { workerUrl } from '../util/worker-url.ts'
import type { DetectWorkerData, FromDetectWorker, ToDetectWorker } from './detect-messages.ts'
import type { LogAccess } from './log-access.ts'
import type { RuleOrder, RuleSource } from './rule-set.ts'
import { openThread } from './thread.ts'

/** A thread that detects. */
export interface DetectThread {
  /** The rules are compiled; this is what was read. Rejects when they are refused, or the thread ends before. */
  readonly loaded: Promise<LoadedOrder>
  /** Lets it read from the cursor on: once `loaded`, and when no other thread does. */
  take(): void
  /** Resolves when it reads; rejects when it ends before. */
  readonly running: Promise<void>
  /**
   * Lets other rules take over, between two deliveries; one change at a time, once it reads. Resolves when they evaluate.
   * Rejects when they are refused, and those in use stay, or when the thread ends before.
   */
  useRules(rules: RuleSource): Promise<LoadedOrder>
  /** Why it ended by itself; undefined when it was stopped. Resolves when it is gone. */
  readonly exited: Promise<string | undefined>
  /** Ends it between two deliveries. Resolves when the last of them is committed and the next thread may take over. */
  stop(): Promise<void>
  /** Ends it at once; what was begun comes again to the next thread. */
  terminate(): void
}

/** What was read, and how long it took to read and compile it: no event was evaluated meanwhile. */
export interface LoadedOrder {
  readonly order: RuleOrder
  readonly tookMs: number
}

export interface DetectThreadOptions {
  readonly access: LogAccess
  readonly rules: RuleSource
  readonly episodes: AlertingOptions
  readonly hear: (message: FromDetectWorker) => void
}

export function openDetectThread(options: DetectThreadOptions): DetectThread {
  const { access, rules, episodes, hear } = options
  const first = createChange()
  /** The one that is under way, or the last one. */
  let change = first
  const stopped = Promise.withResolvers<void>()
  const data: DetectWorkerData = { access, rules, episodes }
  const { exited, tell, terminate } = openThread<FromDetectWorker, ToDetectWorker>({
    script: workerUrl(import.meta.url, './detect-worker'),
    name: 'detect',
    data,
    maxYoungGenerationSizeMb: 6,
    hear: (message) => {
      if (message.kind === 'loaded') change.loaded.resolve(message)
      if (message.kind === 'refused') change.loaded.reject(fromPlain(message.error))
      if (message.kind === 'running') change.running.resolve()
      if (message.kind === 'stopped') stopped.resolve()
      hear(message)
    },
  })
  void exited.then((reason) => {
    const error = new Error(`detection has ended: ${reason ?? 'it was stopped'}`)
    change.loaded.reject(error)
    change.running.reject(error)
    stopped.resolve()
  })
  return {
    loaded: first.loaded.promise,
    running: first.running.promise,
    exited,
    take: () => tell({ kind: 'take' }),
    useRules: async (next) => {
      change = createChange()
      const { loaded, running } = change
      tell({ kind: 'useRules', rules: next })
      const order = await loaded.promise
      await running.promise
      return order
    },
    stop: () => {
      tell({ kind: 'stop' })
      return stopped.promise
    },
    terminate,
  }
}

/** Rules on their way into use. */
function createChange() {
  const loaded = Promise.withResolvers<LoadedOrder>()
  const running = Promise.withResolvers<void>()
  for (const { promise } of [loaded, running]) promise.catch(() => undefined) // Whoever asks is told.
  return { loaded, running }
}
