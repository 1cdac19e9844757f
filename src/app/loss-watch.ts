import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock, Component, Logger, Metrics } from '../contracts.ts'
import { KubewitnessError, messageOf } from '../errors.ts'
import type { ApiServerConfig } from '../sources/apiserver-metrics/config.ts'
import { type ApiServerCounters, scrapeApiServer } from '../sources/apiserver-metrics/scrape.ts'
import type { Alarm } from './alarms.ts'
import { type AuditAccount, emptyAccount, missing, received, settle } from './audit-account.ts'
import { createJsonFile } from './json-file.ts'

export interface LossWatchOptions {
  readonly apiServers: readonly ApiServerConfig[]
  /** Clusters that send. */
  readonly clusters: readonly string[]
  readonly dataDirectory: string
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly raise: (alarm: Alarm) => void
}

export interface LossWatch extends Component {
  received(cluster: string, events: number): void
}

const scrapeTimeoutMs = 20_000

/**
 * Asks API servers how many audit events they sent and lost, and compares that with what came. What they said last is kept
 * in the data directory: what was lost while this service was down is told as well.
 */
export function createLossWatch(options: LossWatchOptions): LossWatch {
  const { apiServers, clock, logger, metrics, raise } = options
  const kept = createJsonFile(join(options.dataDirectory, 'apiserver-counters.json'), fileSchema, {
    logger,
    what: 'what API servers said of their audit events',
  })
  const accounts = new Map<string, AuditAccount>()
  const stopping = new AbortController()
  /** Those that did not answer the last time. */
  const unreachable = new Set<string>()

  const ask = async (
    server: ApiServerConfig,
    url: string,
  ): Promise<ApiServerCounters | undefined> => {
    const { cluster, caFile, tokenFile } = server
    const scraped = await withSecrets(caFile, tokenFile, (secrets) => {
      const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(scrapeTimeoutMs)])
      return scrapeApiServer(url, { ...secrets, signal })
    })
    if (stopping.signal.aborted) return undefined
    const outcome = scraped.kind === 'counters' ? 'done' : 'failed'
    metrics.add('kubewitness_apiserver_scrapes_total', 1, { cluster, outcome })
    if (scraped.kind === 'counters') {
      unreachable.delete(url)
      return scraped.counters
    }
    if (!unreachable.has(url))
      logger.warn('Metrics of an API server cannot be read', { url, reason: scraped.reason })
    unreachable.add(url)
    return undefined
  }

  const look = async (server: ApiServerConfig, elapsedS: number): Promise<void> => {
    const { cluster, metricsUrls } = server
    const answers = new Map(
      await Promise.all(metricsUrls.map(async (url) => [url, await ask(server, url)] as const)),
    )
    if (stopping.signal.aborted) return
    // Read behind the answers: bodies came meanwhile.
    const account = accounts.get(cluster) ?? emptyAccount
    const settled = settle(account, answers, elapsedS)
    accounts.set(cluster, settled.account)
    for (const [url, events] of settled.lost) {
      metrics.add('kubewitness_apiserver_events_lost_total', events, { cluster })
      raise(lostAlarm(cluster, url, events))
    }
    for (const url of settled.restarted)
      logger.info('An API server was restarted', { cluster, url })
    metrics.set('kubewitness_apiserver_events_missing', missing(settled.account), { cluster })
    if (settled.unaccounted > 0) raise(unaccountedAlarm(cluster, settled.unaccounted))
    await kept.save({ version: 1, accounts: Object.fromEntries(accounts) })
  }

  const run = async (server: ApiServerConfig): Promise<void> => {
    let lastMs = clock.nowMs()
    for (;;) {
      const nowMs = clock.nowMs()
      await look(server, (nowMs - lastMs) / 1000)
      lastMs = nowMs
      await clock.sleep(server.everySeconds * 1000, stopping.signal)
    }
  }
  let running: Promise<unknown> = Promise.resolve()
  return {
    name: 'loss watch',
    received: (cluster, events) => {
      const account = accounts.get(cluster)
      if (account !== undefined) accounts.set(cluster, received(account, events))
    },
    start: async () => {
      if (apiServers.length === 0) return
      checkClusters(options)
      for (const [cluster, account] of Object.entries((await kept.load())?.accounts ?? {}))
        accounts.set(cluster, account)
      // Each ends only by the abort of stop.
      running = Promise.all(apiServers.map((server) => run(server).catch(() => undefined)))
    },
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}

function checkClusters({ apiServers, clusters }: LossWatchOptions): void {
  for (const [index, { cluster }] of apiServers.entries()) {
    const isTwice = apiServers.findIndex((other) => other.cluster === cluster) < index
    if (clusters.includes(cluster) && !isTwice) continue
    throw new KubewitnessError(
      'config.invalid',
      isTwice
        ? `apiServers.${index}: ${cluster} is there already`
        : `apiServers.${index}: there is no cluster ${cluster} in webhook.clusters (${clusters.join(', ')})`,
      {
        next: 'name each cluster of webhook.clusters once at most, with the URLs of all its API servers',
      },
    )
  }
}

async function withSecrets<T>(
  caFile: string | undefined,
  tokenFile: string | undefined,
  use: (secrets: { ca: string | undefined; token: string | undefined }) => Promise<T>,
): Promise<T | { readonly kind: 'failed'; readonly reason: string }> {
  try {
    const [ca, token] = await Promise.all(
      [caFile, tokenFile].map((path) => (path === undefined ? undefined : readFile(path, 'utf8'))),
    )
    return await use({ ca, token: token?.trim() })
  } catch (error) {
    return { kind: 'failed', reason: messageOf(error) }
  }
}

function lostAlarm(cluster: string, url: string, events: number): Alarm {
  return {
    code: 'events_lost',
    cluster,
    subject: url,
    message: `The API server at ${url} of cluster ${cluster} has given up ${events} audit events that it could not send or encode (apiserver_audit_error_total); its log says why: this service was away, its buffer was full, or a request whose body cannot be encoded took a batch with it`,
  }
}

function unaccountedAlarm(cluster: string, events: number): Alarm {
  return {
    code: 'events_unaccounted',
    cluster,
    subject: '',
    message: `API servers of cluster ${cluster} made ${events} audit events more than came here, and do not say that they lost them; see whether they all send to this service, and what lies between`,
  }
}

const countersSchema = z.object({ startedAtS: z.number(), events: z.number(), errors: z.number() })
const fileSchema = z.object({
  version: z.literal(1),
  accounts: z.record(
    z.string(),
    z.object({
      counters: z.record(z.string(), countersSchema),
      sent: z.number(),
      received: z.number(),
      leastAhead: z.number(),
      rate: z.number(),
      suspicions: z.number(),
    }),
  ),
})
