import { createRedactor } from '../audit/redact/redactor.ts'
import type { Config } from '../config/schema.ts'
import { readSecret } from '../config/secret.ts'
import type { Clock, Component, Log, Logger, Metrics } from '../contracts.ts'
import { loadDriver } from '../log/kafka/driver.ts'
import { createKafkaSource } from '../sources/kafka/source.ts'
import { createWebhookSource, type WebhookSource } from '../sources/webhook/source.ts'
import { readKafkaConnection } from '../util/kafka/connection.ts'
import type { Alarms } from './alarms.ts'
import { createIntake } from './intake.ts'
import { createLossWatch } from './loss-watch.ts'
import { openRedactionKey } from './redaction-key.ts'
import { createSenderReports } from './sender-reports.ts'
import { createSenderWatch } from './sender-watch.ts'
import type { StreamCoverage } from './stream-coverage.ts'

export interface Ingest {
  readonly webhook: WebhookSource
  /** In the order of their start: who receives comes last. */
  readonly components: readonly Component[]
}

/** The role `ingest`: what receives and stores, and what misses those that no longer send. */
export function createIngest({
  config,
  log,
  clock,
  logger,
  metrics,
  coverage,
  alarms,
}: {
  readonly config: Config
  readonly log: Log
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly coverage: StreamCoverage
  readonly alarms: Alarms
}): Ingest {
  const { raise } = alarms
  const senders = createSenderWatch({
    clock,
    silentAfterMs: config.alarms.silentAfterMinutes * 60_000,
    alarms,
    reports: createSenderReports({ log, clock }),
    logger,
  })
  const loss = createLossWatch({
    apiServers: config.apiServers,
    clusters: config.webhook.clusters.map(({ name }) => name),
    dataDirectory: config.dataDirectory,
    clock,
    logger,
    metrics,
    raise,
  })
  const consumer = createIntake({
    log,
    redactor: createRedactor({ key: openRedactionKey(config) }),
    metrics,
    ...(config.log.type === 'kafka' && { partitionBy: config.log.topics.partitionBy }),
    onReceived: (receipt, items) => {
      senders.received(receipt, items)
      loss.received(receipt.cluster, items.count)
    },
    onEvents: coverage.received,
  })
  const webhook = createWebhookSource({
    config: config.webhook,
    dataDirectory: config.dataDirectory,
    consumer,
    clock,
    logger,
    metrics,
    onAlarm: ({ cluster, message }) =>
      raise({ code: 'body_too_large', cluster, subject: cluster, message }),
  })
  const kafkaSources = config.kafkaSources.map((source) =>
    createKafkaSource({
      config: source,
      open: async () => {
        const owner = `source ${source.name}`
        const connection = await readKafkaConnection(owner, 'kubewitness', source, readSecret)
        const driver = await loadDriver(connection, logger)
        const { group: groupId, sessionTimeoutMs } = source
        return { member: driver.reader({ groupId, sessionTimeoutMs }), close: driver.close }
      },
      consumer,
      clock,
      logger,
      metrics,
    }),
  )
  return { webhook, components: [senders, loss, webhook, ...kafkaSources] }
}
