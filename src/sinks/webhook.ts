import { createHash, createHmac } from 'node:crypto'
import { z } from 'zod'
import type { Alert, Sink } from '../contracts.ts'
import { commonSinkShape, countSet, type SinkDependencies } from './common.ts'
import { createCredential } from './credential.ts'
import { addressShape, createHttpAddress, hasOneAddress, oneAddress } from './http-address.ts'
import { createHttpSink, timeoutShape } from './http-sink.ts'
import { judgeStatus } from './http-verdict.ts'
import { tlsSchema } from './tls.ts'

export const webhookSinkSchema = z
  .strictObject({
    ...commonSinkShape,
    ...addressShape,
    ...timeoutShape,
    type: z.literal('webhook'),
    secretFile: z
      .string()
      .min(1)
      .optional()
      .describe('File with the key that bodies are signed with.'),
    secretEnv: z.string().min(1).optional().describe('Environment variable with that key.'),
    maxItems: z.int().min(1).max(1000).default(100).describe('Most alerts in one request.'),
    tls: tlsSchema.optional(),
  })
  .refine(hasOneAddress, oneAddress)
  .refine((config) => countSet(config.secretFile, config.secretEnv) <= 1, {
    message: 'one of secretFile, secretEnv',
    path: ['secretFile'],
  })

export type WebhookSinkConfig = z.output<typeof webhookSinkSchema>

/**
 * POSTs `{schema: 'kubewitness.alerts/v1', alerts: […]}` as JSON. Any 2xx is success. Equal bodies have
 * equal `Idempotency-Key`s; with a secret, `X-Kubewitness-Signature: t=<unix seconds>,v1=<hex>` is the HMAC-SHA-256
 * of `<t>.<body>`. A batch that is refused or too large is halved until the one alert at fault stands alone.
 */
export function createWebhookSink(
  config: WebhookSinkConfig,
  dependencies: SinkDependencies,
): Sink<Alert> {
  const { clock, readSecret } = dependencies
  const address = createHttpAddress(config.name, config, readSecret)
  const secret = createCredential(config.secretFile, config.secretEnv, readSecret)

  return createHttpSink(
    {
      ...config,
      // More than one request takes: next to one that fails, others show whether the receiver works.
      limits: { maxItems: Math.max(config.maxItems, 100), maxBytes: 1024 * 1024, lingerMs: 50 },
      credentials: secret === undefined ? [address] : [address, secret],
      judge: (reply) => judgeStatus(config.name, reply),
      request: async (part) => {
        const body = JSON.stringify({ schema: 'kubewitness.alerts/v1', alerts: part })
        const key = (await secret?.read())?.reveal()
        return {
          url: await address.read(),
          headers: {
            'user-agent': 'kubewitness',
            'idempotency-key': createHash('sha256').update(body).digest('hex'),
            ...(key === undefined
              ? {}
              : { 'x-kubewitness-signature': signature(body, key, clock.nowMs()) }),
          },
          body,
        }
      },
    },
    dependencies,
  )
}

function signature(body: string, key: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000)
  const hex = createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${hex}`
}
