import type { Config } from '../config/schema.ts'
import { readSecret } from '../config/secret.ts'
import type { Alert, Clock, Component, Log, Logger, Metrics, Sink } from '../contracts.ts'
import { createDelivery } from '../deliver/deliver.ts'
import { compileRoutes } from '../deliver/route/routes.ts'
import type { Silences } from '../deliver/silence/silences.ts'
import { createSink } from '../sinks/table.ts'
import { alertUrlOf } from '../web/alert-url.ts'
import { alertsTopic, deadLetterTopic, sinkGroup } from './topics.ts'

/** The role `deliver`: every sink of the configuration, each with a cursor of its own. */
export function openDeliveries({
  config,
  log,
  clock,
  logger,
  random,
  fetch,
  stdout,
  metrics,
  silences,
}: {
  readonly config: Config
  readonly log: Log
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
  readonly fetch: typeof globalThis.fetch
  readonly stdout: NodeJS.WritableStream
  readonly metrics: Metrics
  readonly silences: Silences
}): Component[] {
  const findRoute = compileRoutes(config.routes)
  const world = { clock, logger, fetch, stdout, alertUrl: alertUrlOf(config.admin.publicUrl) }
  for (const name of sinksWithoutRoute(config))
    logger.warn('No route leads to a sink: it gets no alerts', { sink: name })
  return config.sinks.map((sinkConfig) => {
    const sink: Sink<Alert> = createSink(sinkConfig, { ...world, readSecret })
    const minimumLevel =
      sinkConfig.minimumLevel === undefined ? {} : { minimumLevel: sinkConfig.minimumLevel }
    const { name } = sinkConfig
    const names = { topic: alertsTopic, group: sinkGroup(name), deadLetterTopic }
    return createDelivery({
      log,
      sink,
      name,
      findRoute,
      usesGroups: config.routes.some((route) => route.group !== undefined),
      inhibit: config.inhibit,
      silencedBy: silences.silencedBy,
      ...names,
      clock,
      random,
      logger,
      metrics,
      ...minimumLevel,
    })
  })
}

function sinksWithoutRoute({ routes, sinks }: Config): string[] {
  if (routes.length === 0) return []
  const routed = new Set(routes.flatMap((route) => route.sinks))
  return sinks.map(({ name }) => name).filter((name) => !routed.has(name))
}
