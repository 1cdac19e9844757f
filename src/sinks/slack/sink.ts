import { z } from 'zod'
import type { Alert, Outcome, Sink } from '../../contracts.ts'
import { KubewitnessError } from '../../errors.ts'
import { commonSinkShape, countSet, type SinkDependencies } from '../common.ts'
import { createCredential } from '../credential.ts'
import { post } from '../http-post.ts'
import { isNews } from '../news.ts'
import { delivered, isMisconfigured, outcomeOfError, unavailable } from '../outcomes.ts'
import { bySeverity } from '../severity.ts'
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

/** A message and the places in the batch that it speaks for. */
interface Mail {
  readonly message: SlackMessage
  readonly places: readonly number[]
}

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
  let earliestMs = 0

  const url = async () => checkedUrl(config.name, (await address.read()).reveal())

  const sendOne = async (message: SlackMessage, signal: AbortSignal): Promise<Outcome> => {
    const waitMs = earliestMs - clock.nowMs()
    if (waitMs > 0) await clock.sleep(waitMs, signal)
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
    const afterMs = outcome.status === 'retry' ? (outcome.afterMs ?? 0) : 0
    if (isMisconfigured(outcome)) address.forget()
    earliestMs = clock.nowMs() + Math.max(intervalMs, afterMs)
    return outcome
  }

  const send = async (batch: readonly Alert[], signal: AbortSignal): Promise<Outcome[]> => {
    const notTried = unavailable(`posting to sink ${config.name}: not tried yet`)
    const outcomes: Outcome[] = batch.map(() => delivered)
    const mails = mailsOf(batch, config.summariseAbove)
    for (const { places } of mails) for (const place of places) outcomes[place] = notTried
    for (const { message, places } of mails) {
      const outcome = await sendOne(message, signal).catch((error: unknown) =>
        outcomeOfError(`posting to sink ${config.name}`, error),
      )
      for (const place of places) outcomes[place] = outcome
      if (outcome.status === 'retry') return outcomes.map((o) => (o === notTried ? outcome : o))
    }
    return outcomes
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

/** What speaks for nothing in it is done with as it is. */
function mailsOf(batch: readonly Alert[], summariseAbove: number): Mail[] {
  const placesById = Map.groupBy(batch.keys(), (place) => batch[place]!.id)
  const newest = [...placesById.values()].flatMap((places) => {
    const revisions = places.map((place) => batch[place]!)
    if (!revisions.some(isNews)) return []
    return [{ alert: revisions.reduce((a, b) => (b.revision > a.revision ? b : a)), places }]
  })
  if (newest.length > summariseAbove) {
    const message = summaryMessage(newest.map(({ alert }) => alert))
    return [{ message, places: newest.flatMap(({ places }) => places) }]
  }
  return newest
    .toSorted((a, b) => bySeverity(a.alert, b.alert))
    .map(({ alert, places }) => ({ message: alertMessage(alert), places }))
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
