import { z } from 'zod'
import type { Alert, Sink } from '../../contracts.ts'
import { RecencyMap } from '../../util/recency-map.ts'
import { tlsSchema } from '../../util/tls-files.ts'
import { authorizationShape, createAuthorization, hasOneLogin, oneLogin } from '../authorization.ts'
import { commonSinkShape, type SinkDependencies } from '../common.ts'
import { addressShape, createHttpAddress, hasOneAddress, oneAddress } from '../http-address.ts'
import { createHttpSink, timeoutShape } from '../http-sink.ts'
import { judgeStatus } from '../http-verdict.ts'
import { postableAlerts } from './message.ts'

export const alertmanagerSinkSchema = z
  .strictObject({
    ...commonSinkShape,
    ...addressShape,
    ...authorizationShape,
    ...timeoutShape,
    type: z.literal('alertmanager'),
    labels: z
      .record(
        z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'letters, digits and underscores'),
        z.string().min(1).max(250),
      )
      .default({})
      .describe('Further labels of every alert, to route by.'),
    firingHours: z
      .number()
      .positive()
      .max(720)
      .default(24)
      .describe('An alert of which nothing more is heard is over after so long.'),
    tls: tlsSchema.optional(),
  })
  .refine(hasOneAddress, oneAddress)
  .refine(hasOneLogin, oneLogin)

export type AlertmanagerSinkConfig = z.output<typeof alertmanagerSinkSchema>

/** An alert told so late fires for as long, whatever came after: else one that is over by then would notify nobody. */
const lateMs = 10 * 60_000
const maxRemembered = 10_000

/**
 * Posts to `/api/v2/alerts` of one Alertmanager (sources: `api/v2/api.go`). It merges alerts of equal labels, so a repeat
 * changes nothing; it keeps the valid alerts of a request that it answers with 400, so halving finds the others.
 */
export function createAlertmanagerSink(
  config: AlertmanagerSinkConfig,
  dependencies: SinkDependencies,
): Sink<Alert> {
  const { clock, readSecret } = dependencies
  const { name } = config
  const address = createHttpAddress(name, config, readSecret)
  const authorization = createAuthorization(name, config, readSecret)
  /** Ends of those that were told late, by id. */
  const lateEnds = new RecencyMap<string, number>()

  const endOf = (alert: Alert): number => {
    const nowMs = clock.nowMs()
    const lastSeenMs = Date.parse(alert.lastSeen)
    const lateEndMs = lateEnds.get(alert.id) ?? 0
    if (alert.status === 'closed')
      return lateEndMs > nowMs ? lateEndMs : Math.min(lastSeenMs, nowMs)
    if (nowMs - lastSeenMs < lateMs) return nowMs + config.firingHours * 3_600_000
    lateEnds.put(alert.id, nowMs + lateMs)
    if (lateEnds.size > maxRemembered) lateEnds.delete(lateEnds.oldest()![0])
    return nowMs + lateMs
  }

  return createHttpSink(
    {
      ...config,
      limits: { maxItems: 200, maxBytes: 1024 * 1024, lingerMs: 200 },
      maxItems: 200,
      credentials: [address, authorization],
      judge: (reply) => judgeStatus(name, reply),
      request: async (part) => ({
        url: apiUrl(await address.read()),
        headers: await authorization.read(),
        body: JSON.stringify(
          part.flatMap((alert) => postableAlerts(alert, endOf(alert), config.labels)),
        ),
      }),
    },
    dependencies,
  )
}

/** The address is that of Alertmanager's page, as people know it; a prefix (`--web.route-prefix`) stays. */
function apiUrl(address: string): string {
  const url = new URL(address)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v2/alerts`
  return url.href
}
