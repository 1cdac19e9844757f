import { join } from 'node:path'
import { createRedactor } from '../audit/redact/redactor.ts'
import type { Config } from '../config/schema.ts'
import { readSecret } from '../config/secret.ts'
import type { Alert, Clock, Component, Log, Logger, Sink } from '../contracts.ts'
import { createDelivery } from '../deliver/deliver.ts'
import { alertingOptionsOf } from '../detect/episode/config.ts'
import { messageOf } from '../errors.ts'
import { createMemoryLog } from '../log/memory.ts'
import { createSqliteLog, type SqliteLog } from '../log/sqlite.ts'
import { topicOptions } from '../log/table.ts'
import { createSink } from '../sinks/table.ts'
import { createWebhookSource, type WebhookSource } from '../sources/webhook/source.ts'
import { createMetrics, type MetricsRegistry } from '../util/metrics.ts'
import { version } from '../util/version.ts'
import { createAlertQuery } from '../web/alert-query.ts'
import { createRejectedQuery } from '../web/rejected-query.ts'
import { type AdminServer, createAdminServer } from '../web/server.ts'
import { createAlarms } from './alarms.ts'
import {
  createInlineDetector,
  createThreadDetector,
  type Detector,
  type DetectorOptions,
} from './detector.ts'
import { createFileWatch } from './file-watch.ts'
import { createHousekeeping } from './housekeeping.ts'
import { createIntake } from './intake.ts'
import { startAll, stopAll } from './lifecycle.ts'
import { createLossWatch } from './loss-watch.ts'
import { createInlineObserver, createThreadObserver, type Observer } from './observer.ts'
import { openRedactionKey } from './redaction-key.ts'
import { createSilenceWatch } from './silence.ts'
import { createStreamCoverage } from './stream-coverage.ts'
import {
  alertsTopic,
  deadLetterTopic,
  detectGroup,
  eventsTopic,
  observeGroup,
  rejectedTopic,
  sinkGroup,
} from './topics.ts'

export interface AppOptions {
  readonly config: Config
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
  readonly fetch: typeof fetch
  /** Where alerts of a `stdout` sink go. */
  readonly stdout: NodeJS.WritableStream
  /** Something the service cannot go on without has failed. */
  readonly onFatal: (error: unknown) => void
}

/** The service in one piece, for the command line and for tests. */
export interface App {
  start(): Promise<void>
  /** Refuses new work, finishes what it holds, and leaves the rest to the next start. */
  stop(deadline: AbortSignal): Promise<void>
  /** Reads rules and tokens again. What is broken is refused with an error in the diagnostics, and the old stays. */
  reload(): Promise<void>
  readonly webhook: WebhookSource
  readonly admin: AdminServer
  readonly log: Log
  readonly metrics: MetricsRegistry
}

/** Puts the components together. Nothing is opened before `start`, except for the keys in the data directory. */
export function createApp(options: AppOptions): App {
  const { config, clock, logger } = options
  const metrics = createMetrics({ withProcessMetrics: true })
  metrics.set('kubewitness_build_info', 1, { version })
  const log = openLog(options, metrics)
  const raise = createAlarms({ log, clock, logger })
  const redactor = createRedactor({ key: openRedactionKey(config.dataDirectory) })
  const coverage = createStreamCoverage({ metrics, logger })
  const detector = openDetector(options, log, {
    metrics,
    onRuleFailure: (rule, message) =>
      raise({
        code: 'rule_disabled',
        cluster: '',
        subject: rule,
        message: `Rule ${rule} failed and is off until the next reload: ${message}`,
      }),
    onFeeds: coverage.useRules,
  })
  const observer = config.roles.observe ? openObserver(options, log) : undefined
  const silence = createSilenceWatch({
    clock,
    silentAfterMs: config.alarms.silentAfterMinutes * 60_000,
    raise,
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
    redactor,
    metrics,
    onReceived: (receipt, items) => {
      silence.received(receipt, items)
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
  const readers = Object.entries(readersOf(config)).flatMap(([topic, groups]) =>
    groups.map((group) => ({ topic, group })),
  )
  let phase: 'starting' | 'running' | 'stopping' = 'starting'
  const housekeeping = createHousekeeping({ log, readers, clock, logger, metrics })
  const admin = createAdminServer({
    config: config.admin,
    version,
    logger,
    metrics: {
      text: async () => {
        await housekeeping.refresh()
        return metrics.text()
      },
    },
    health: () => {
      const problem = detector.problem()
      const reasons = [...(phase === 'running' ? [] : [phase]), ...(problem ? [problem] : [])]
      return { ready: reasons.length === 0, reasons }
    },
    alerts: createAlertQuery({
      browse: (query) => log.browse(alertsTopic, query),
      find: (keys) => log.find(alertsTopic, keys),
      findByPrefix: (prefix, limit) => log.findByPrefix(alertsTopic, prefix, limit),
    }),
    coverage: coverage.clusters,
    roles: observer?.ask ?? (async () => ({ kind: 'off' })),
    rejected: createRejectedQuery((query) => log.browse(rejectedTopic, query)),
    counts: async () => {
      const topics = await log.status()
      const recordsOf = (name: string): number =>
        topics.find(({ topic }) => topic === name)?.records ?? 0
      return { alerts: recordsOf(alertsTopic), rejected: recordsOf(rejectedTopic) }
    },
  })
  const deliveries = openDeliveries(options, log, metrics)
  const reload = createReload(options, detector, webhook, metrics)
  const watch = createFileWatch({
    paths: watchedPaths(config),
    onChange: () => void reload(),
    logger,
  })
  const components: Component[] = [
    log,
    ...deliveries,
    detector,
    ...(observer === undefined ? [] : [observer]),
    housekeeping,
    silence,
    loss,
    admin,
    webhook,
    watch,
  ]
  return {
    start: async () => {
      await startAll(components, logger)
      phase = 'running'
    },
    stop: async (deadline) => {
      phase = 'stopping'
      await stopAll(components, deadline, logger)
    },
    reload,
    webhook,
    admin,
    log,
    metrics,
  }
}

/** The groups that read, by topic. What others have read once, before they were taken out of the configuration, is theirs no more. */
function readersOf({ roles, sinks }: Config): Readonly<Record<string, readonly string[]>> {
  return {
    [eventsTopic]: roles.observe ? [detectGroup, observeGroup] : [detectGroup],
    [alertsTopic]: sinks.map(({ name }) => sinkGroup(name)),
  }
}

function openLog(
  { config, clock, logger, onFatal }: AppOptions,
  metrics: MetricsRegistry,
): Log | SqliteLog {
  const topics = topicOptions(config.log, { [eventsTopic]: [detectGroup] }, readersOf(config))
  if (config.log.type === 'memory') return createMemoryLog({ clock, topics })
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

function openDetector(
  options: AppOptions,
  log: Log | SqliteLog,
  hooks: Pick<DetectorOptions, 'metrics' | 'onRuleFailure' | 'onFeeds'>,
): Detector {
  const { config, clock, logger } = options
  const episodes = alertingOptionsOf(config.episodes)
  const common = { rules: config.rules, episodes, logger, clock, ...hooks }
  if ('connect' in log)
    return createThreadDetector({ ...common, log, logDirectory: config.dataDirectory })
  return createInlineDetector({ ...common, log })
}

function openObserver({ config, clock, logger }: AppOptions, log: Log | SqliteLog): Observer {
  if ('connect' in log)
    return createThreadObserver({ log, logDirectory: config.dataDirectory, clock, logger })
  return createInlineObserver({ log, clock, logger })
}

function openDeliveries(
  { config, clock, logger, random, fetch, stdout }: AppOptions,
  log: Log,
  metrics: MetricsRegistry,
): Component[] {
  return config.sinks.map((sinkConfig) => {
    const sink: Sink<Alert> = createSink(sinkConfig, { clock, logger, fetch, stdout, readSecret })
    const minimumLevel =
      sinkConfig.minimumLevel === undefined ? {} : { minimumLevel: sinkConfig.minimumLevel }
    const { name } = sinkConfig
    const names = { topic: alertsTopic, group: sinkGroup(name), deadLetterTopic }
    return createDelivery({
      log,
      sink,
      name,
      ...names,
      clock,
      random,
      logger,
      metrics,
      ...minimumLevel,
    })
  })
}

function createReload(
  { config, logger }: AppOptions,
  detector: Detector,
  webhook: WebhookSource,
  metrics: MetricsRegistry,
): () => Promise<void> {
  const attempt = async (what: string, action: () => Promise<void>): Promise<void> => {
    try {
      await action()
      metrics.add('kubewitness_reloads_total', 1, { outcome: 'done' })
      logger.info('Reloaded', { what })
    } catch (error) {
      metrics.add('kubewitness_reloads_total', 1, { outcome: 'refused' })
      logger.error('Reload refused; what was in use stays', { what, message: messageOf(error) })
    }
  }
  return async () => {
    await attempt('rules', () => detector.useRules(config.rules))
    await attempt('tokens', () => webhook.reloadTokens())
  }
}

/** Rule paths of the user, and the folder of the tokens; the rules that come with the product do not change under it. */
function watchedPaths(config: Config): string[] {
  const tokenFiles = config.webhook.clusters.flatMap((cluster) =>
    cluster.tokenFile === undefined ? [] : [cluster.tokenFile],
  )
  const mapping = config.rules.mapping === undefined ? [] : [config.rules.mapping]
  return [...config.rules.paths, ...mapping, ...tokenFiles, join(config.dataDirectory, 'tokens')]
}
