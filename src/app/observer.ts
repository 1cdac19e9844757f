import { Worker } from 'node:worker_threads'
import type { ManifestsConfig } from '../config/roles.ts'
import type { Clock, Component, Log, Logger } from '../contracts.ts'
import { messageOf } from '../errors.ts'
import { workerUrl } from '../util/worker-url.ts'
import type { RolesAnswer, RolesQuery } from '../web/roles.ts'
import { type LogAccess, portsOf } from './log-access.ts'
import type { FromObserveWorker, ObserveWorkerData, ToObserveWorker } from './observe-messages.ts'
import type { Observed } from './observed.ts'
import { runObserving } from './observing.ts'
import { createRestarts } from './restarts.ts'
import { answerOf } from './roles-answers.ts'

/** The part that keeps access profiles. Neither receiving nor detecting depends on it. */
export interface Observer extends Component {
  readonly ask: RolesQuery
}

export interface ObserverOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** What clusters grant. */
  readonly manifests: readonly ManifestsConfig[]
}

/** Observes in a thread of its own, which reads the store itself. If it dies, a new one goes on from the cursor, later each time. */
export function createThreadObserver({
  access,
  clock,
  logger,
  manifests,
}: ObserverOptions & { readonly access: () => LogAccess }): Observer {
  const stopping = new AbortController()
  const restarts = createRestarts(clock, stopping.signal)
  let thread: ObserveThread | undefined
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const current = openThread(
        { access: access(), manifests },
        {
          onRunning: restarts.started,
          onStateDropped: (records) => sayStateDropped(logger, records),
        },
      )
      thread = current
      const reason = await current.exited
      thread = undefined
      if (stopping.signal.aborted) return
      const message = reason ?? 'the thread has ended'
      restarts.failed(message)
      logger.error('Observing roles stopped; it goes on from its cursor', { message })
      await restarts.wait()
    }
  }
  let running: Promise<void> = Promise.resolve()
  return {
    name: 'observer',
    start: async () => {
      running = run().catch(() => undefined) // Ends only by the abort of stop.
    },
    ask: async (question) => thread?.ask(question) ?? { kind: 'unready' },
    stop: async (deadline) => {
      stopping.abort()
      const force = (): void => thread?.terminate()
      thread?.stop()
      if (deadline.aborted) force()
      deadline.addEventListener('abort', force, { once: true })
      await running
      deadline.removeEventListener('abort', force)
    },
  }
}

interface ObserveThread {
  readonly ask: RolesQuery
  /** Why it ended by itself, if it said so. Resolves when it is gone. */
  readonly exited: Promise<string | undefined>
  /** Ends it between two deliveries, when all is saved. */
  stop(): void
  terminate(): void
}

function sayStateDropped(logger: Logger, records: number): void {
  logger.warn('What was observed of roles cannot be read, and is begun anew', { records })
}

function openThread(
  data: ObserveWorkerData,
  {
    onRunning,
    onStateDropped,
  }: { readonly onRunning: () => void; readonly onStateDropped: (records: number) => void },
): ObserveThread {
  const worker = new Worker(workerUrl(import.meta.url, './observe-worker'), {
    workerData: data,
    transferList: [...portsOf(data.access)],
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  })
  const exited = Promise.withResolvers<string | undefined>()
  const asked = new Map<number, (answer: RolesAnswer) => void>()
  let nextId = 0
  let reason: string | undefined
  worker.on('message', (message: FromObserveWorker) => {
    switch (message.kind) {
      case 'running':
        onRunning()
        return
      case 'stateDropped':
        onStateDropped(message.records)
        return
      case 'failed':
        reason = message.message
        return
      case 'answer':
        asked.get(message.id)?.(message.answer)
        asked.delete(message.id)
        return
      default:
        message satisfies never
    }
  })
  worker.on('error', (error) => {
    reason = messageOf(error)
  })
  worker.once('exit', () => {
    for (const answer of asked.values()) answer({ kind: 'unready' })
    asked.clear()
    exited.resolve(reason)
  })
  const tell = (message: ToObserveWorker): void => worker.postMessage(message)
  return {
    exited: exited.promise,
    ask: (question) => {
      const { promise, resolve } = Promise.withResolvers<RolesAnswer>()
      const id = nextId++
      asked.set(id, resolve)
      tell({ kind: 'ask', id, question })
      return promise
    },
    stop: () => tell({ kind: 'stop' }),
    terminate: () => void worker.terminate(),
  }
}

/** Observes in this thread: for a log in memory, which no other thread can read. */
export function createInlineObserver({
  log,
  clock,
  logger,
  manifests,
}: ObserverOptions & { readonly log: Log }): Observer {
  const stopping = new AbortController()
  let observed: Observed | undefined
  let running: Promise<void> = Promise.resolve()
  return {
    name: 'observer',
    start: async () => {
      const onObserved = (known: Observed): void => {
        observed = known
      }
      const onStateDropped = (records: number): void => sayStateDropped(logger, records)
      const options = { log, clock, onObserved, onStateDropped }
      running = runObserving(options, stopping.signal).catch((error: unknown) =>
        logger.error('Observing roles stopped', { message: messageOf(error) }),
      )
    },
    ask: async (question) =>
      observed === undefined ? { kind: 'unready' } : answerOf(observed, question, manifests),
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
