import { Worker } from 'node:worker_threads'
import type { Config } from '../config/schema.ts'
import type { Clock, Component, Log, Logger, Metrics } from '../contracts.ts'
import { messageOf } from '../errors.ts'
import type { SqliteLog } from '../log/sqlite.ts'
import { keepsEvents, type SinkConfig } from '../sinks/table.ts'
import { workerUrl } from '../util/worker-url.ts'
import type { ArchiveWorkerData, FromArchiveWorker, ToArchiveWorker } from './archive-messages.ts'
import { runArchiving } from './archiving.ts'
import { createRestarts } from './restarts.ts'

export interface ArchivesOptions {
  readonly config: Config
  readonly log: Log | SqliteLog
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

/** The role `archive`: every sink of the configuration that keeps events, each with a cursor of its own in the topic `events`. */
export function openArchives(options: ArchivesOptions): Component[] {
  const { config, log } = options
  return config.sinks
    .filter(keepsEvents)
    .map((sink) =>
      createArchiveComponent(
        sink,
        options,
        'connect' in log
          ? () => archiveInThread(sink, log, options)
          : () => archiveHere(sink, options),
      ),
    )
}

/** One run of an archive, until it is stopped or fails. */
interface ArchiveRun {
  /** Rejects with the reason when it ends by itself. */
  readonly ended: Promise<void>
  tell(message: ToArchiveWorker): void
}

/** Runs an archive; when it ends by itself, it is begun again from its cursor, later each time. */
function createArchiveComponent(
  { name }: SinkConfig,
  { clock, logger }: ArchivesOptions,
  begin: () => ArchiveRun,
): Component {
  const stopping = new AbortController()
  const restarts = createRestarts(clock, stopping.signal)
  let current: ArchiveRun | undefined
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      current = begin()
      restarts.started()
      const reason = await current.ended.then(() => 'it has ended', messageOf)
      if (stopping.signal.aborted) return
      restarts.failed(reason)
      logger.error('Archiving events stopped; it goes on from its cursor', {
        sink: name,
        message: reason,
      })
      await restarts.wait()
    }
  }
  let running: Promise<void> = Promise.resolve()
  return {
    name: `archive of ${name}`,
    start: async () => {
      running = run().catch(() => undefined) // Ends only by the abort of stop.
    },
    stop: async (deadline) => {
      stopping.abort()
      const abandon = (): void => current?.tell('abandon')
      current?.tell('stop')
      if (deadline.aborted) abandon()
      deadline.addEventListener('abort', abandon, { once: true })
      await running
      deadline.removeEventListener('abort', abandon)
    },
  }
}

/** In this thread: for a log that no other thread can read. */
function archiveHere(sink: SinkConfig, options: ArchivesOptions): ArchiveRun {
  const reading = new AbortController()
  const writing = new AbortController()
  return {
    ended: runArchiving({ ...options, sink }, reading.signal, writing.signal),
    tell: (message) => {
      reading.abort()
      if (message === 'abandon') writing.abort()
    },
  }
}

/** In a thread of its own, which reads the store itself: making documents of events takes more of a processor than receiving them. */
function archiveInThread(
  sink: SinkConfig,
  log: SqliteLog,
  { config, logger, metrics }: ArchivesOptions,
): ArchiveRun {
  const logPort = log.connect()
  const data: ArchiveWorkerData = { logDirectory: config.dataDirectory, logPort, sink }
  const worker = new Worker(workerUrl(import.meta.url, './archive-worker'), {
    workerData: data,
    transferList: [logPort],
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  })
  const ended = Promise.withResolvers<void>()
  worker.on('message', (message: FromArchiveWorker) => {
    switch (message.kind) {
      case 'measured':
        metrics[message.as](message.name, message.value, message.labels)
        return
      case 'said':
        logger[message.level](message.message, message.fields)
        return
      case 'failed':
        ended.reject(new Error(message.message))
        return
      default:
        message satisfies never
    }
  })
  worker.on('error', ended.reject)
  worker.once('exit', () => ended.resolve())
  return { ended: ended.promise, tell: (message) => worker.postMessage(message) }
}
