import { z } from 'zod'
import type { Alert, Sink } from '../../contracts.ts'
import { commonSinkShape, countSet, type SinkDependencies } from '../common.ts'
import { createCredential } from '../credential.ts'
import { createHttpAddress } from '../http-address.ts'
import type { Reply } from '../http-post.ts'
import { createHttpSink, timeoutShape } from '../http-sink.ts'
import { judgeStatus } from '../http-verdict.ts'
import { isNews } from '../news.ts'
import { misconfigured } from '../outcomes.ts'
import type { Verdict } from '../parts.ts'
import { pagerDutyEvent } from './message.ts'

export const pagerdutySinkSchema = z
  .strictObject({
    ...commonSinkShape,
    ...timeoutShape,
    type: z.literal('pagerduty'),
    routingKeyFile: z
      .string()
      .min(1)
      .optional()
      .describe('File with the integration key of the service (Events API v2).'),
    routingKeyEnv: z.string().min(1).optional().describe('Environment variable with it.'),
    url: z
      .string()
      .min(1)
      .default('https://events.pagerduty.com/v2/enqueue')
      .describe('Where to post; other in the service region EU.'),
    resolve: z
      .boolean()
      .default(true)
      .describe('Resolve the incident when the alert is closed; else people do.'),
  })
  .refine((config) => countSet(config.routingKeyFile, config.routingKeyEnv) === 1, {
    message: 'exactly one of routingKeyFile, routingKeyEnv',
    path: ['routingKeyFile'],
  })

export type PagerdutySinkConfig = z.output<typeof pagerdutySinkSchema>

/** One event a request. The id of the alert is the `dedup_key`: a repeat adds to the same incident. */
export function createPagerdutySink(
  config: PagerdutySinkConfig,
  dependencies: SinkDependencies,
): Sink<Alert> {
  const { name, routingKeyFile, routingKeyEnv } = config
  const { readSecret } = dependencies
  const address = createHttpAddress(name, { url: config.url }, readSecret)
  // The schema has made sure that one of the two is set.
  const routingKey = createCredential(routingKeyFile, routingKeyEnv, readSecret)!
  return createHttpSink(
    {
      name,
      timeoutMs: config.timeoutMs,
      limits: { maxItems: 100, maxBytes: 1024 * 1024, lingerMs: 50 },
      maxItems: 1,
      // A closed alert is news here however little it was: its incident is open.
      isSent: (alert) => (alert.status === 'closed' ? config.resolve : isNews(alert)),
      credentials: [address, routingKey],
      judge: (reply) => judge(name, reply),
      request: async ([alert]) => ({
        url: await address.read(),
        headers: {},
        body: JSON.stringify({
          routing_key: (await routingKey.read()).reveal(),
          // A request has exactly one alert.
          ...pagerDutyEvent(alert!),
        }),
      }),
    },
    dependencies,
  )
}

/** 400 is said of a wrong event and of a wrong key. */
function judge(name: string, reply: Reply): Verdict {
  const isKey =
    reply.kind === 'answered' && reply.status === 400 && /routing.?key/i.test(reply.text)
  if (!isKey) return judgeStatus(name, reply)
  return {
    outcome: misconfigured(
      `posting to sink ${name}: answered 400 about the routing key`,
      'put the integration key of an Events API v2 integration into the file; the alerts are kept',
    ),
  }
}
