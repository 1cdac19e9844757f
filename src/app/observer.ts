import type { ManifestsConfig } from '../config/roles.ts'
import type { Clock, Component, Log, Logger, Metrics } from '../contracts.ts'
import { messageOf } from '../errors.ts'
import { workerUrl } from '../util/worker-url.ts'
import type { RolesAnswer, RolesQuery } from '../web/roles.ts'
import { createLasting, type Run } from './lasting.ts'
import type { LogAccess } from './log-access.ts'
import type { FromObserveWorker, ObserveWorkerData, ToObserveWorker } from './observe-messages.ts'
import type { Observed } from './observed.ts'
import { type ObservingOptions, runObserving } from './observing.ts'
import { answerOf } from './roles-answers.ts'
import { openThread } from './thread.ts'

/** The part that keeps access profiles. Neither receiving nor detecting depends on it. */
export interface Observer extends Component {
  readonly ask: RolesQuery
}

export interface ObserverOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** What clusters grant. */
  readonly manifests: readonly ManifestsConfig[]
}

/** Observes in a thread of its own, which reads the log itself. If it dies, a new one goes on from the cursor, later each time. */
export function createThreadObserver({
  access,
  clock,
  manifests,
  ...options
}: ObserverOptions & { readonly access: () => LogAccess }): Observer {
  const { logger } = options
  const says = sayings(options)
  const observing = createLasting({
    name: 'observer',
    clock,
    begin: (onRunning) =>
      openObserveThread({ access: access(), manifests }, { ...says, onRunning }),
    onEnded: (message) =>
      logger.error('Observing roles stopped; it goes on from its cursor', { message }),
  })
  return {
    ...observing,
    ask: async (question) => observing.current()?.ask(question) ?? { kind: 'unready' },
  }
}

type Sayings = Pick<ObservingOptions, 'onStateDropped' | 'onUnreadable'>

function sayings({ logger, metrics }: Pick<ObserverOptions, 'logger' | 'metrics'>): Sayings {
  return {
    onStateDropped: (records) =>
      logger.warn('What was observed of roles cannot be read, and is begun anew', { records }),
    onUnreadable: (reason) => {
      metrics.add('kubewitness_events_dropped_total', 1, { reason: 'unreadable_observe' })
      logger.error('A stored batch cannot be read, and nothing is learnt of it', { reason })
    },
  }
}

function openObserveThread(
  data: ObserveWorkerData,
  { onRunning, onStateDropped, onUnreadable }: Sayings & { readonly onRunning: () => void },
): Run & { readonly ask: RolesQuery } {
  const asked = new Map<number, (answer: RolesAnswer) => void>()
  let nextId = 0
  const thread = openThread<FromObserveWorker, ToObserveWorker>({
    script: workerUrl(import.meta.url, './observe-worker'),
    name: 'observe',
    data,
    maxYoungGenerationSizeMb: 2,
    hear: (message) => {
      switch (message.kind) {
        case 'running':
          onRunning()
          return
        case 'stateDropped':
          onStateDropped(message.records)
          return
        case 'unreadable':
          onUnreadable(message.reason)
          return
        case 'answer':
          asked.get(message.id)?.(message.answer)
          asked.delete(message.id)
          return
        default:
          message satisfies never
      }
    },
  })
  void thread.exited.then(() => {
    for (const answer of asked.values()) answer({ kind: 'unready' })
    asked.clear()
  })
  return {
    exited: thread.exited,
    ask: (question) => {
      const { promise, resolve } = Promise.withResolvers<RolesAnswer>()
      const id = nextId++
      asked.set(id, resolve)
      thread.tell({ kind: 'ask', id, question })
      return promise
    },
    stop: () => thread.tell({ kind: 'stop' }),
    abandon: thread.terminate,
  }
}

/** Observes in this thread: for a log in memory, which no other thread can read. */
export function createInlineObserver({
  log,
  clock,
  manifests,
  ...options
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
      const observing = { log, clock, onObserved, ...sayings(options) }
      running = runObserving(observing, stopping.signal).catch((error: unknown) =>
        options.logger.error('Observing roles stopped', { message: messageOf(error) }),
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
