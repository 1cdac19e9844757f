import { createHash, createHmac } from 'node:crypto'
import { z } from 'zod'
import type { Alert, Sink } from '../contracts.ts'
import { tlsSchema } from '../util/tls-files.ts'
import { commonSinkShape, countSet, type SinkDependencies } from './common.ts'
import { createCredential } from './credential.ts'
import { addressShape, createHttpAddress, hasOneAddress, oneAddress } from './http-address.ts'
import { createHttpSink, timeoutShape } from './http-sink.ts'
import { judgeStatus } from './http-verdict.ts'
import { createTemplatedRequest, templateShape } from './templated-request.ts'

export const webhookSinkSchema = z
  .strictObject({
    ...commonSinkShape,
    ...addressShape,
    ...templateShape,
    ...timeoutShape,
    type: z.literal('webhook'),
    secretFile: z
      .string()
      .min(1)
      .optional()
      .describe('File with the key that bodies are signed with.'),
    secretEnv: z.string().min(1).optional().describe('Environment variable with that key.'),
    maxItems: z
      .int()
      .min(1)
      .max(1000)
      .default(100)
      .describe('Most alerts in one request; with a template each has its own.'),
    tls: tlsSchema.optional(),
  })
  .refine(hasOneAddress, oneAddress)
  .refine((config) => countSet(config.secretFile, config.secretEnv) <= 1, {
    message: 'one of secretFile, secretEnv',
    path: ['secretFile'],
  })
  .refine((config) => countSet(config.body, config.text) <= 1, {
    message: 'one of body, text',
    path: ['text'],
  })
  .refine(({ text, headers }) => text === undefined || !saysJson(headers), {
    message: 'values in a text are not escaped as in JSON; give JSON as body',
    path: ['text'],
  })

export type WebhookSinkConfig = z.output<typeof webhookSinkSchema>

/**
 * POSTs `{schema: 'kubewitness.alerts/v1', alerts: […]}` as JSON, or what a template makes of each alert. Any 2xx is
 * success. Equal bodies have equal `Idempotency-Key`s; with a secret, `X-Kubewitness-Signature: t=<unix seconds>,v1=<hex>`
 * is the HMAC-SHA-256 of `<t>.<body>`. A batch that is refused or too large is halved until the one alert at fault stands alone.
 */
export function createWebhookSink(
  config: WebhookSinkConfig,
  dependencies: SinkDependencies,
): Sink<Alert> {
  const { clock, readSecret } = dependencies
  const address = createHttpAddress(config.name, config, readSecret)
  const secret = createCredential(config.secretFile, config.secretEnv, readSecret)
  const templated = createTemplatedRequest(config.name, config, readSecret)

  return createHttpSink(
    {
      ...config,
      maxItems: templated.isForOne ? 1 : config.maxItems,
      // More than one request takes: next to one that fails, others show whether the receiver works.
      limits: { maxItems: Math.max(config.maxItems, 100), maxBytes: 1024 * 1024, lingerMs: 50 },
      credentials: [address, ...(secret === undefined ? [] : [secret]), ...templated.credentials],
      judge: (reply) => judgeStatus(config.name, reply),
      request: async (part) => {
        const { body, headers, identity } = await templated.make(part)
        const key = (await secret?.read())?.reveal()
        return {
          url: await address.read(),
          headers: {
            'user-agent': 'kubewitness',
            ...headers,
            'idempotency-key': createHash('sha256').update(identity).digest('hex'),
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

function saysJson(headers: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(headers).some(
    ([name, value]) => /^content-type$/i.test(name) && /json/i.test(String(value)),
  )
}

function signature(body: string, key: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000)
  const hex = createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${hex}`
}
