import type { Config } from '../config/schema.ts'
import type { Clock, Log, Logger, Metrics } from '../contracts.ts'
import { createMemoryLog } from '../log/memory.ts'
import { createSqliteLog } from '../log/sqlite.ts'
import { topicOptions } from '../log/table.ts'
import { keepsEvents } from '../sinks/table.ts'
import { openKafkaLog } from './kafka-log.ts'
import type { LogAccess } from './log-access.ts'
import {
  alertsTopic,
  archiveGroup,
  detectGroup,
  eventsTopic,
  observeGroup,
  sinkGroup,
} from './topics.ts'

export interface OpenedLog {
  readonly log: Log
  /** For another thread, one call each; undefined when no other thread can use the log. */
  readonly access: (() => LogAccess) | undefined
}

/** The log of the configuration, not yet started. */
export function openLog({
  config,
  clock,
  logger,
  metrics,
  onFatal,
}: {
  readonly config: Config
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly onFatal: (error: unknown) => void
}): OpenedLog {
  const topics = topicOptions(config.log, { [eventsTopic]: [detectGroup] }, readersOf(config))
  if (config.log.type === 'memory')
    return { log: createMemoryLog({ clock, topics }), access: undefined }
  if (config.log.type === 'kafka') {
    const settings = { config: config.log, topics }
    const { logLevel } = config
    return {
      log: openKafkaLog(settings, { clock, logger }),
      access: () => ({ kind: 'kafka', settings, logLevel }),
    }
  }
  const directory = config.dataDirectory
  const log = createSqliteLog({
    directory,
    clock,
    logger,
    topics,
    onFailure: onFatal,
    onDamaged: (topic, records) =>
      metrics.add('kubewitness_events_dropped_total', records, { reason: `damaged_${topic}` }),
  })
  return { log, access: () => ({ kind: 'sqlite', directory, port: log.connect() }) }
}

/** The groups that read, by topic. What others have read once, before they were taken out of the configuration, is theirs no more. */
export function readersOf({ roles, sinks }: Config): Readonly<Record<string, readonly string[]>> {
  return {
    [eventsTopic]: [
      detectGroup,
      ...(roles.observe ? [observeGroup] : []),
      ...sinks.filter(keepsEvents).map(({ name }) => archiveGroup(name)),
    ],
    [alertsTopic]: sinks.map(({ name }) => sinkGroup(name)),
  }
}
