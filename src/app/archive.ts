import type { Config } from '../config/schema.ts'
import type { Clock, Component, Log, Logger, Metrics } from '../contracts.ts'
import { messageOf } from '../errors.ts'
import { keepsEvents, type SinkConfig } from '../sinks/table.ts'
import { workerUrl } from '../util/worker-url.ts'
import type { ArchiveWorkerData, FromArchiveWorker, ToArchiveWorker } from './archive-messages.ts'
import { runArchiving } from './archiving.ts'
import { createLasting, type Run } from './lasting.ts'
import type { OpenedLog } from './open-log.ts'
import { openThread } from './thread.ts'

export interface ArchivesOptions extends OpenedLog {
  readonly config: Config
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

/** The role `archive`: every sink of the configuration that keeps events, each with a cursor of its own in the topic `events`. */
export function openArchives(options: ArchivesOptions): Component[] {
  return options.config.sinks.filter(keepsEvents).map((sink) => openArchive(sink, options))
}

function openArchive(sink: SinkConfig, options: ArchivesOptions): Component {
  const { access, clock, log, logger } = options
  const { name } = sink
  return createLasting({
    name: `archive of ${name}`,
    clock,
    begin: (onRunning) => {
      onRunning()
      return access === undefined
        ? archiveHere(sink, log, options)
        : archiveInThread({ sink, access: access() }, options)
    },
    onEnded: (message) =>
      logger.error('Archiving events stopped; it goes on from its cursor', { sink: name, message }),
  })
}

/** In this thread: for a log that no other thread can read. */
function archiveHere(sink: SinkConfig, log: Log, options: ArchivesOptions): Run {
  const reading = new AbortController()
  const writing = new AbortController()
  const { clock, logger, metrics } = options
  return {
    exited: runArchiving(
      { log, sink, clock, logger, metrics },
      reading.signal,
      writing.signal,
    ).then(() => undefined, messageOf),
    stop: () => reading.abort(),
    abandon: () => {
      reading.abort()
      writing.abort()
    },
  }
}

/** In a thread of its own, which reads the log itself: making documents of events takes more of a processor than receiving them. */
function archiveInThread(data: ArchiveWorkerData, { logger, metrics }: ArchivesOptions): Run {
  const thread = openThread<FromArchiveWorker, ToArchiveWorker>({
    script: workerUrl(import.meta.url, './archive-worker'),
    name: 'archive',
    data,
    maxYoungGenerationSizeMb: 8,
    hear: (message) => {
      switch (message.kind) {
        case 'measured':
          metrics[message.as](message.name, message.value, message.labels)
          return
        case 'said':
          logger[message.level](message.message, message.fields)
          return
        default:
          message satisfies never
      }
    },
  })
  return {
    exited: thread.exited,
    stop: () => thread.tell('stop'),
    abandon: () => thread.tell('abandon'),
  }
}
