import type { Config } from '../config/schema.ts'
import { readSecret } from '../config/secret.ts'
import type { Clock, Log, Logger, Metrics } from '../contracts.ts'
import { readConnection } from '../log/kafka/config.ts'
import { createKafkaLog } from '../log/kafka/kafka.ts'
import { createMemoryLog } from '../log/memory.ts'
import { createSqliteLog, type SqliteLog } from '../log/sqlite.ts'
import { topicOptions } from '../log/table.ts'
import { keepsEvents } from '../sinks/table.ts'
import {
  alertsTopic,
  archiveGroup,
  detectGroup,
  eventsTopic,
  observeGroup,
  sinkGroup,
} from './topics.ts'

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
}): Log | SqliteLog {
  const topics = topicOptions(config.log, { [eventsTopic]: [detectGroup] }, readersOf(config))
  if (config.log.type === 'memory') return createMemoryLog({ clock, topics })
  if (config.log.type === 'kafka') {
    const { log } = config
    return createKafkaLog({
      ...log,
      connect: () => readConnection(log, readSecret),
      partitions: { [eventsTopic]: log.topics.partitions },
      plan: log.topics,
      topics,
      clock,
      logger,
    })
  }
  return createSqliteLog({
    directory: config.dataDirectory,
    clock,
    logger,
    topics,
    onFailure: onFatal,
    onDamaged: (topic, records) =>
      metrics.add('kubewitness_events_dropped_total', records, { reason: `damaged_${topic}` }),
  })
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
