import type { Config } from '../config/schema.ts'
import { readSecret } from '../config/secret.ts'
import type { Alert, Clock, Component, Log, Logger, Metrics, Sink } from '../contracts.ts'
import { createDelivery } from '../deliver/deliver.ts'
import { routeProblems } from '../deliver/route/routes.ts'
import { routingOf } from '../deliver/routing.ts'
import type { Silences } from '../deliver/silence/silences.ts'
import { KubewitnessError } from '../errors.ts'
import { createSink } from '../sinks/table.ts'
import { alertUrlOf } from '../web/alert-url.ts'
import { alertsTopic, deadLetterTopic, sinkGroup } from './topics.ts'

export interface Deliveries {
  readonly components: readonly Component[]
  /** Takes over routes and inhibition. Throws `config.invalid` when they lead to sinks that do not run. */
  useRoutes(changed: Pick<Config, 'routes' | 'inhibit'>): void
}

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
}): Deliveries {
  const routing = routingOf(config)
  const world = { clock, logger, fetch, stdout, alertUrl: alertUrlOf(config.admin.publicUrl) }
  warnOfSinksWithoutRoute(config, logger)
  const components = config.sinks.map((sinkConfig) => {
    const sink: Sink<Alert> = createSink(sinkConfig, { ...world, readSecret })
    const minimumLevel =
      sinkConfig.minimumLevel === undefined ? {} : { minimumLevel: sinkConfig.minimumLevel }
    const { name } = sinkConfig
    const names = { topic: alertsTopic, group: sinkGroup(name), deadLetterTopic }
    return createDelivery({
      log,
      sink,
      name,
      routing,
      silencedBy: silences.silencedBy,
      ...names,
      clock,
      random,
      logger,
      metrics,
      ...minimumLevel,
    })
  })
  return {
    components,
    useRoutes: (changed) => {
      const names = config.sinks.map(({ name }) => name)
      const [problem] = routeProblems(changed.routes, names)
      if (problem !== undefined)
        throw new KubewitnessError(
          'config.invalid',
          `routes cannot be used with the sinks that run: ${problem.message}`,
          { next: 'restart the service: sinks are made at its start' },
        )
      warnOfSinksWithoutRoute({ routes: changed.routes, sinks: config.sinks }, logger)
      const next = routingOf(changed)
      for (const delivery of components) delivery.useRouting(next)
    },
  }
}

function warnOfSinksWithoutRoute(
  { routes, sinks }: Pick<Config, 'routes' | 'sinks'>,
  logger: Logger,
): void {
  if (routes.length === 0) return
  const routed = new Set(routes.flatMap((route) => route.sinks))
  for (const { name } of sinks)
    if (!routed.has(name))
      logger.warn('No route leads to a sink: it gets no alerts', { sink: name })
}
