import { z } from 'zod'
import type { Alert, AuditEvent, Sink } from '../contracts.ts'
import { alertmanagerSinkSchema, createAlertmanagerSink } from './alertmanager/sink.ts'
import type { SinkDependencies } from './common.ts'
import { elasticsearchSinkSchema } from './elasticsearch/config.ts'
import { isSearchSink } from './elasticsearch/products.ts'
import { createSearchArchive, createSearchSink } from './elasticsearch/sink.ts'
import { createEmailSink, emailSinkSchema } from './email/sink.ts'
import { createFileSink, fileSinkSchema } from './file.ts'
import { createKafkaSink, kafkaSinkSchema } from './kafka/sink.ts'
import { opensearchSinkSchema } from './opensearch/config.ts'
import { createPagerdutySink, pagerdutySinkSchema } from './pagerduty/sink.ts'
import { createS3Sink, s3SinkSchema } from './s3/sink.ts'
import { slackSinkSchema } from './slack/config.ts'
import { createSlackSink } from './slack/sink.ts'
import { createStdoutSink, stdoutSinkSchema } from './stdout.ts'
import { createSyslogSink, syslogSinkSchema } from './syslog/sink.ts'
import { createTeamsSink, teamsSinkSchema } from './teams/sink.ts'
import { createWebhookSink, webhookSinkSchema } from './webhook.ts'

/** One entry of `sinks` in the configuration. A new sink is a line here and a line in `createSink`. */
export const sinkConfigSchema = z.discriminatedUnion('type', [
  stdoutSinkSchema,
  fileSinkSchema,
  webhookSinkSchema,
  slackSinkSchema,
  elasticsearchSinkSchema,
  opensearchSinkSchema,
  alertmanagerSinkSchema,
  pagerdutySinkSchema,
  syslogSinkSchema,
  teamsSinkSchema,
  s3SinkSchema,
  emailSinkSchema,
  kafkaSinkSchema,
])

export type SinkConfig = z.output<typeof sinkConfigSchema>

/** Makes the sink that a validated configuration describes. Secrets are read and files opened by its `start`. */
export function createSink(config: SinkConfig, dependencies: SinkDependencies): Sink<Alert> {
  switch (config.type) {
    case 'stdout':
      return createStdoutSink(config, dependencies)
    case 'file':
      return createFileSink(config)
    case 'webhook':
      return createWebhookSink(config, dependencies)
    case 'slack':
      return createSlackSink(config, dependencies)
    case 'elasticsearch':
    case 'opensearch':
      return createSearchSink(config, dependencies)
    case 'alertmanager':
      return createAlertmanagerSink(config, dependencies)
    case 'pagerduty':
      return createPagerdutySink(config, dependencies)
    case 'syslog':
      return createSyslogSink(config, dependencies)
    case 'teams':
      return createTeamsSink(config, dependencies)
    case 's3':
      return createS3Sink(config, dependencies)
    case 'email':
      return createEmailSink(config, dependencies)
    case 'kafka':
      return createKafkaSink(config, dependencies)
  }
}

/** Whether a sink keeps all events, beside the alerts that it gets. */
export function keepsEvents(config: SinkConfig): boolean {
  return isSearchSink(config) && config.archiveEvents
}

/** The sink that all events go to, if the sink of this configuration keeps them. */
export function createArchive(
  config: SinkConfig,
  dependencies: SinkDependencies,
): Sink<AuditEvent> | undefined {
  if (!isSearchSink(config) || !config.archiveEvents) return undefined
  return createSearchArchive(config, dependencies)
}
