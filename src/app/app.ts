import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import type { Clock, Component, Log, Logger } from '../contracts.ts'
import { labelsOf } from '../deliver/route/labels.ts'
import type { Silences } from '../deliver/silence/silences.ts'
import { alertingOptionsOf } from '../detect/episode/config.ts'
import type { RuleFeed } from '../policy/seen.ts'
import type { WebhookSource } from '../sources/webhook/source.ts'
import { createMetrics, type MetricsRegistry } from '../util/metrics.ts'
import { version } from '../util/version.ts'
import { createAdminToken } from '../web/admin-token.ts'
import { createAlertQuery } from '../web/alert-query.ts'
import { createRejectedQuery } from '../web/rejected-query.ts'
import { type AdminServer, type AdminServerOptions, createAdminServer } from '../web/server.ts'
import { type Alarms, createAlarms } from './alarms.ts'
import { openArchives } from './archive.ts'
import { openDeliveries } from './deliveries.ts'
import { createInlineDetector, createThreadDetector, type Detector } from './detector.ts'
import { createFileWatch } from './file-watch.ts'
import { createHousekeeping } from './housekeeping.ts'
import { createIngest } from './ingest.ts'
import { type StartOrder, startAll, stopAll } from './lifecycle.ts'
import { createInlineObserver, createThreadObserver, type Observer } from './observer.ts'
import { type OpenedLog, openLog, readersOf } from './open-log.ts'
import { adminTokenFile, createReload, watchedPaths } from './reload.ts'
import { createRolesReport } from './roles-report.ts'
import { createRulePaths } from './rule-paths.ts'
import type { RuleSource } from './rule-set.ts'
import {
  allServiceRoles,
  roleNames,
  roleWarning,
  type ServiceRoles,
  serviceRoles,
} from './service-role.ts'
import { createSilencing } from './silencing.ts'
import { createStreamCoverage, type StreamCoverage } from './stream-coverage.ts'
import { alertsTopic, rejectedTopic } from './topics.ts'

export interface AppOptions {
  readonly config: Config
  /** Reads it again, for a reload; of what it gives, routes and inhibition are taken over. */
  readonly readConfig?: () => Config
  /** What runs in this process; absent: everything. */
  readonly roles?: ServiceRoles
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
  readonly fetch: typeof fetch
  /** Where alerts of a `stdout` sink go. */
  readonly stdout: NodeJS.WritableStream
  /** Something the service cannot go on without has failed. */
  readonly onFatal: (error: unknown) => void
}

/** The service, or those of its roles that run in this process, in one piece, for the command line and for tests. */
export interface App {
  start(): Promise<void>
  /** Refuses new work, finishes what it holds, and leaves the rest to the next start. */
  stop(deadline: AbortSignal): Promise<void>
  /** Reads rules, tokens, routes and silences again. What is broken is refused with an error in the diagnostics, and the old stays. */
  reload(): Promise<void>
  /** Undefined without the role `ingest`. */
  readonly webhook: WebhookSource | undefined
  readonly admin: AdminServer
  readonly log: Log
  readonly metrics: MetricsRegistry
}

/** Puts the components together. Nothing is opened before `start`, except for the keys in the data directory. */
export function createApp(options: AppOptions): App {
  const { config, clock, logger, readConfig, roles = allServiceRoles } = options
  const metrics = createMetrics({ withProcessMetrics: true })
  metrics.set('kubewitness_build_info', 1, { version })
  for (const role of serviceRoles)
    metrics.set('kubewitness_role', roles.has(role) ? 1 : 0, { role })
  const { log, access } = openLog({ ...options, metrics })
  const alarms = createAlarms({ log, clock, logger, file: alarmFile(config, roles) })
  const coverage = createStreamCoverage({ metrics, logger })
  const silencing = createSilencing({ ...options, log, metrics, path: config.silences.path })
  const token = createAdminToken(adminTokenFile(config))
  const { silences } = silencing
  const shared = { ...options, log, access, metrics, coverage, alarms, silences }
  const rulePaths = createRulePaths(config.rules.paths, logger)
  const currentRules = (): RuleSource => ({ ...config.rules, paths: rulePaths() })
  const detector = roles.has('detect') ? openDetector(shared, currentRules()) : undefined
  const observer = roles.has('observe') && config.roles.observe ? openObserver(shared) : undefined
  const deliveries = roles.has('deliver') ? openDeliveries(shared) : undefined
  const archives = roles.has('archive') ? openArchives(shared) : []
  const ingest = roles.has('ingest') ? createIngest(shared) : undefined
  const webhook = ingest?.webhook
  const housekeeping = createHousekeeping({ ...shared, readers: readerList(config) })
  let phase: 'starting' | 'running' | 'stopping' = 'starting'
  const admin = openAdmin(shared, {
    metrics: {
      text: async () => {
        await housekeeping.refresh()
        return metrics.text()
      },
    },
    health: () => {
      const problem = detector?.problem()
      const reasons = [...(phase === 'running' ? [] : [phase]), ...(problem ? [problem] : [])]
      return { ready: reasons.length === 0, reasons, roles: roleNames(roles) }
    },
    roles: observer?.ask ?? (async () => ({ kind: 'off' })),
    silences: silencing,
    token,
  })
  const reload = createReload(
    [
      ...(detector ? [{ what: 'rules', action: () => detector.useRules(currentRules()) }] : []),
      ...(webhook ? [{ what: 'tokens', action: () => webhook.reloadTokens() }] : []),
      ...(deliveries && readConfig
        ? [{ what: 'routes', action: async () => deliveries.useRoutes(readConfig()) }]
        : []),
      { what: 'admin token', action: () => token.reload() },
      ...(config.silences.path === undefined
        ? []
        : [{ what: 'silences', action: () => silencing.reloadFile() }]),
    ],
    { logger, metrics },
  )
  const watch = createFileWatch({
    paths: watchedPaths(config),
    onChange: () => void reload(),
    clock,
  })
  const order: StartOrder = [
    log,
    alarms,
    silencing,
    deliveries?.components ?? [],
    ...archives,
    ...(detector ? [detector] : []),
    ...(observer ? [observer, ...openRolesReport(shared, observer)] : []),
    housekeeping,
    token,
    admin,
    ...(ingest?.components ?? []),
    watch,
  ]
  return {
    start: async () => {
      const warning = roleWarning(roles, config)
      if (warning !== undefined) logger.warn('Roles', { roles: roleNames(roles), warning })
      await startAll(order, logger)
      phase = 'running'
    },
    stop: async (deadline) => {
      phase = 'stopping'
      await stopAll(order.flat(), deadline, logger)
    },
    reload,
    webhook,
    admin,
    log,
    metrics,
  }
}

/** What the parts of one process share. */
interface Shared extends AppOptions {
  readonly log: Log
  readonly access: OpenedLog['access']
  readonly metrics: MetricsRegistry
  readonly coverage: StreamCoverage
  readonly alarms: Alarms
  readonly silences: Silences
}

/** Processes that share a data directory each keep their own. */
function alarmFile({ dataDirectory }: Config, roles: ServiceRoles): string {
  const names = roles.size === allServiceRoles.size ? [] : roleNames(roles)
  return join(dataDirectory, ['open-alarms', ...names, 'json'].join('.'))
}

/** Lag is shown of every reader, also of those in other processes. */
function readerList(config: Config): { readonly topic: string; readonly group: string }[] {
  return Object.entries(readersOf(config)).flatMap(([topic, groups]) =>
    groups.map((group) => ({ topic, group })),
  )
}

function openAdmin(
  { clock, config, logger, log, coverage, silences }: Shared,
  own: Pick<AdminServerOptions, 'metrics' | 'health' | 'roles' | 'silences' | 'token'>,
): AdminServer {
  return createAdminServer({
    config: config.admin,
    version,
    logger,
    ...own,
    alerts: createAlertQuery(
      {
        browse: (query) => log.browse(alertsTopic, query),
        find: (keys) => log.find(alertsTopic, keys),
        findByPrefix: (prefix, limit) => log.findByPrefix(alertsTopic, prefix, limit),
      },
      (alert, storedAtMs) => {
        const labels = labelsOf(alert)
        const silence =
          silences.silencedBy(labels, clock.nowMs()) ?? silences.silencedBy(labels, storedAtMs)
        return silence && { id: silence.id, endsAt: silence.endsAt }
      },
    ),
    coverage: coverage.clusters,
    rejected: createRejectedQuery((query) => log.browse(rejectedTopic, query)),
    counts: async () => {
      const topics = await log.status()
      const recordsOf = (name: string): number =>
        topics.find(({ topic }) => topic === name)?.records ?? 0
      return { alerts: recordsOf(alertsTopic), rejected: recordsOf(rejectedTopic) }
    },
  })
}

function openDetector(shared: Shared, rules: RuleSource): Detector {
  const { config, clock, logger, log, access, metrics, coverage, alarms } = shared
  const common = {
    rules,
    episodes: alertingOptionsOf(config.episodes),
    logger,
    clock,
    metrics,
    onRuleFailure: (rule: string, message: string) =>
      alarms.raise({
        code: 'rule_disabled',
        cluster: '',
        subject: rule,
        message: `Rule ${rule} failed and is off until the next reload: ${message}`,
      }),
    onFeeds: (feeds: readonly RuleFeed[]) => {
      alarms.clear({ code: 'rule_disabled' }) // All are tried again.
      coverage.useRules(feeds)
    },
  }
  return access === undefined
    ? createInlineDetector({ ...common, log })
    : createThreadDetector({ ...common, access })
}

function openObserver({ config, clock, logger, metrics, log, access }: Shared): Observer {
  const common = { clock, logger, metrics, manifests: config.roles.manifests }
  return access === undefined
    ? createInlineObserver({ ...common, log })
    : createThreadObserver({ ...common, access })
}

function openRolesReport({ config, clock, logger, log }: Shared, { ask }: Observer): Component[] {
  const { report, manifests } = config.roles
  if (report === undefined) return []
  const folder = join(config.dataDirectory, 'reports')
  const clusters = manifests.map(({ cluster }) => cluster)
  return [createRolesReport({ config: report, clusters, folder, ask, log, clock, logger })]
}
