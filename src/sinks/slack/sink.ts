import { z } from 'zod'
import type { Alert, Outcome, Sink } from '../../contracts.ts'
import { KubewitnessError } from '../../errors.ts'
import { commonSinkShape, countSet, type SinkDependencies } from '../common.ts'
import { createCredential } from '../credential.ts'
import { post } from '../http-post.ts'
import { noticesOf, sendNotices } from '../notices.ts'
import { isMisconfigured, outcomeOfError } from '../outcomes.ts'
import { createPace } from '../pace.ts'
import { createWriteGate } from '../write-gate.ts'
import { judgeAnswer } from './answer.ts'
import type { SlackMessage } from './blocks.ts'
import { alertMessage } from './message.ts'
import { summaryMessage } from './summary.ts'

export const slackSinkSchema = z
  .strictObject({
    ...commonSinkShape,
    type: z.literal('slack'),
    webhookUrlFile: z.string().min(1).optional().describe('File with the address of the webhook.'),
    webhookUrlEnv: z.string().min(1).optional().describe('Environment variable with it.'),
    summariseAbove: z
      .int()
      .min(1)
      .max(100)
      .default(5)
      .describe('When more alerts than this wait, one message sums them up.'),
    timeoutMs: z
      .int()
      .min(100)
      .max(120_000)
      .default(10_000)
      .describe('How long to wait for an answer.'),
  })
  .refine((config) => countSet(config.webhookUrlFile, config.webhookUrlEnv) === 1, {
    message: 'exactly one of webhookUrlFile, webhookUrlEnv',
    path: ['webhookUrlFile'],
  })

export type SlackSinkConfig = z.output<typeof slackSinkSchema>

/** Slack takes one message a second per webhook. */
const intervalMs = 1_000

/**
 * Posts to one incoming webhook, most severe first, one message a second. Such a webhook cannot edit, so each revision
 * that is worth it is a message of its own; of several revisions in a batch only the newest is shown.
 */
export function createSlackSink(
  config: SlackSinkConfig,
  dependencies: SinkDependencies,
): Sink<Alert> {
  const { clock, fetch, readSecret } = dependencies
  const gate = createWriteGate<Alert>(config.name)
  // The schema has made sure that one of the two is set.
  const address = createCredential(config.webhookUrlFile, config.webhookUrlEnv, readSecret)!
  const pace = createPace(clock, intervalMs)

  const url = async () => checkedUrl(config.name, (await address.read()).reveal())

  const sendOne = async (message: SlackMessage, signal: AbortSignal): Promise<Outcome> => {
    await pace.wait(signal)
    const reply = await post({
      fetch,
      clock,
      signal,
      url: await url(),
      headers: {},
      body: JSON.stringify(message),
      timeoutMs: config.timeoutMs,
    })
    const outcome = judgeAnswer(config.name, reply)
    if (isMisconfigured(outcome)) address.forget()
    pace.sent(outcome.status === 'retry' ? outcome.afterMs : undefined)
    return outcome
  }

  const send = (batch: readonly Alert[], signal: AbortSignal): Promise<Outcome[]> => {
    const notices = noticesOf(batch, config.summariseAbove, {
      ofOne: alertMessage,
      ofMany: summaryMessage,
    })
    return sendNotices(config.name, batch, notices, (message) =>
      sendOne(message, signal).catch((error: unknown) =>
        outcomeOfError(`posting to sink ${config.name}`, error),
      ),
    )
  }

  return {
    name: config.name,
    limits: { maxItems: 500, maxBytes: 4 * 1024 * 1024, lingerMs: 2_000 },
    start: async () => {
      await url()
    },
    write: (batch, signal) => gate.run(batch, signal, (gateSignal) => send(batch, gateSignal)),
    stop: (deadline) => gate.stop(deadline),
  }
}

/** Errors here never quote the address: whoever has it can post. */
function checkedUrl(sinkName: string, text: string): string {
  const url = URL.parse(text)
  const isLoopback = url !== null && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  const isUsable =
    url?.username === '' && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback))
  if (isUsable) return url.href
  throw new KubewitnessError(
    'config.invalid',
    `reading the webhook address of sink ${sinkName}: not an https URL`,
    { next: 'put the address that Slack shows for the incoming webhook, and nothing else, there' },
  )
}
