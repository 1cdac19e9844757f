import { readSecret } from '../config/secret.ts'
import type { Clock, Log, Logger, TopicOptions } from '../contracts.ts'
import type { KafkaLogConfig } from '../log/kafka/config.ts'
import { createKafkaLog } from '../log/kafka/kafka.ts'
import { readKafkaConnection } from '../util/kafka/connection.ts'
import { eventsTopic } from './topics.ts'

/** What the log in Kafka is made of in any thread: plain data. */
export interface KafkaLogSettings {
  readonly config: KafkaLogConfig
  readonly topics: Readonly<Record<string, TopicOptions>>
}

/** The log of a configuration in Kafka, not yet started. */
export function openKafkaLog(
  { config, topics }: KafkaLogSettings,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Log {
  return createKafkaLog({
    ...config,
    connect: () => readKafkaConnection('the log', config.prefix, config, readSecret),
    partitions: { [eventsTopic]: config.topics.partitions },
    plan: config.topics,
    compressedTopics: [eventsTopic],
    topics,
    clock,
    logger,
  })
}
