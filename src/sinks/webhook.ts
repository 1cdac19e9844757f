import { createHash, createHmac } from 'node:crypto'
import { z } from 'zod'
import type { Alert, Sink } from '../contracts.ts'
import { KubewitnessError } from '../errors.ts'
import { commonSinkShape, countSet, type SinkDependencies } from './common.ts'
import { createCredential } from './credential.ts'
import { post, type Reply } from './http-post.ts'
import {
  delivered,
  isMisconfigured,
  misconfigured,
  outcomeOfError,
  refused,
  unavailable,
} from './outcomes.ts'
import { sendInParts, type Verdict } from './parts.ts'
import { createWriteGate } from './write-gate.ts'

export const webhookSinkSchema = z
  .strictObject({
    ...commonSinkShape,
    type: z.literal('webhook'),
    url: z.string().min(1).optional().describe('Where to post; one of url, urlFile, urlEnv.'),
    urlFile: z.string().min(1).optional().describe('File that holds the address.'),
    urlEnv: z.string().min(1).optional().describe('Environment variable that holds it.'),
    secretFile: z
      .string()
      .min(1)
      .optional()
      .describe('File with the key that bodies are signed with.'),
    secretEnv: z.string().min(1).optional().describe('Environment variable with that key.'),
    maxItems: z.int().min(1).max(1000).default(100).describe('Most alerts in one request.'),
    timeoutMs: z
      .int()
      .min(100)
      .max(120_000)
      .default(10_000)
      .describe('How long to wait for an answer.'),
  })
  .refine((config) => countSet(config.url, config.urlFile, config.urlEnv) === 1, {
    message: 'exactly one of url, urlFile, urlEnv',
    path: ['url'],
  })
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
  const { clock, fetch, readSecret } = dependencies
  const gate = createWriteGate<Alert>(config.name)
  const hiddenUrl = createCredential(config.urlFile, config.urlEnv, readSecret)
  const secret = createCredential(config.secretFile, config.secretEnv, readSecret)

  const target = async (): Promise<string> =>
    checkedUrl(
      config.name,
      hiddenUrl === undefined ? config.url! : (await hiddenUrl.read()).reveal(),
    )

  const request = async (batch: readonly Alert[], signal: AbortSignal): Promise<Verdict> => {
    const body = JSON.stringify({ schema: 'kubewitness.alerts/v1', alerts: batch })
    const headers = {
      'user-agent': 'kubewitness',
      'idempotency-key': createHash('sha256').update(body).digest('hex'),
    }
    try {
      const key = (await secret?.read())?.reveal()
      const signed =
        key === undefined ? {} : { [signatureHeader]: signature(body, key, clock.nowMs()) }
      const reply = await post({
        fetch,
        clock,
        signal,
        url: await target(),
        timeoutMs: config.timeoutMs,
        body,
        headers: { ...headers, ...signed },
      })
      return judge(config.name, reply)
    } catch (error) {
      return { outcome: outcomeOfError(`posting to sink ${config.name}`, error) }
    }
  }

  const attemptPart = async (part: readonly Alert[], signal: AbortSignal): Promise<Verdict> => {
    const verdict = await request(part, signal)
    if (isMisconfigured(verdict.outcome)) {
      hiddenUrl?.forget()
      secret?.forget()
    }
    return verdict
  }

  return {
    name: config.name,
    // More than one request takes: next to one that fails, others show whether the receiver works.
    limits: { maxItems: Math.max(config.maxItems, 100), maxBytes: 1024 * 1024, lingerMs: 50 },
    start: async () => {
      await target()
      await secret?.read()
    },
    write: (batch, signal) =>
      gate.run(batch, signal, (gateSignal) =>
        sendInParts(
          batch,
          config.maxItems,
          (part) => attemptPart(part, gateSignal),
          unavailable(`posting to sink ${config.name}: many alerts fail; the rest comes next`),
        ),
      ),
    stop: (deadline) => gate.stop(deadline),
  }
}

const signatureHeader = 'x-kubewitness-signature'

function signature(body: string, key: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000)
  const hex = createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${hex}`
}

/** These say that the address or the credentials are wrong, not the alert: nothing gets through until that is mended. */
const misconfiguredStatuses = new Set([401, 402, 403, 404, 405, 407, 410])
const temporaryStatuses = new Set([408, 425, 429])

function judge(sinkName: string, reply: Reply): Verdict {
  const action = `posting to sink ${sinkName}`
  if (reply.kind === 'failed') return { outcome: unavailable(`${action}: ${reply.reason}`) }
  const { status } = reply
  if (status >= 200 && status < 300) return { outcome: delivered }
  const problem = `${action}: answered ${status}`
  if (status >= 500 || temporaryStatuses.has(status)) {
    return { outcome: unavailable(problem, reply.retryAfterMs), mayBeOneItem: status === 500 }
  }
  if (status < 400) {
    return {
      outcome: misconfigured(problem, 'redirects are not followed: configure the final address'),
    }
  }
  if (misconfiguredStatuses.has(status)) {
    return {
      outcome: misconfigured(problem, 'check the address and the secret; the alerts are kept'),
    }
  }
  return { outcome: refused(problem), mayBeOneItem: true }
}

function checkedUrl(sinkName: string, text: string): string {
  const url = URL.parse(text)
  const isUsable = url !== null && /^https?:$/.test(url.protocol) && url.username === ''
  if (isUsable) return url.href
  throw new KubewitnessError(
    'config.invalid',
    `reading the address of sink ${sinkName}: not a usable URL`,
    { next: 'give an http or https URL without user name and password' },
  )
}
