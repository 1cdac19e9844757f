import { z } from 'zod'
import type { Alert, Sink, SinkLimits } from '../contracts.ts'
import type { TlsOptions } from '../util/tls-files.ts'
import type { SinkDependencies } from './common.ts'
import type { Credential } from './credential.ts'
import { type Post, post, type Reply } from './http-post.ts'
import { isMisconfigured, outcomeOfError, skipped, unavailable } from './outcomes.ts'
import { createPace } from './pace.ts'
import { sendInParts, type Verdict } from './parts.ts'
import { createFetch } from './secured-fetch.ts'
import { createWriteGate } from './write-gate.ts'

export const timeoutShape = {
  timeoutMs: z
    .int()
    .min(100)
    .max(120_000)
    .default(10_000)
    .describe('How long to wait for an answer.'),
}

/** What one kind of receiver has of its own. */
export interface HttpReceiver {
  readonly name: string
  readonly limits: SinkLimits
  /** Most alerts in one request. */
  readonly maxItems: number
  readonly timeoutMs: number
  readonly tls?: TlsOptions | undefined
  /** Least time from one request to the next. */
  readonly intervalMs?: number
  /** What is not sent is skipped; everything is sent when absent. */
  readonly isSent?: (alert: Alert) => boolean
  /** May throw an error of the configuration, such as a secret that is gone. */
  readonly request: (
    part: readonly Alert[],
  ) => Promise<Pick<Post, 'url' | 'headers' | 'body'> & Partial<Pick<Post, 'method'>>>
  readonly judge: (reply: Reply) => Verdict
  /** Read at the start, and again once the receiver has refused everything. */
  readonly credentials: readonly (Pick<Credential, 'forget'> & { read(): Promise<unknown> })[]
}

/** A sink that sends each part of a batch as one HTTP request. */
export function createHttpSink(
  receiver: HttpReceiver,
  dependencies: SinkDependencies,
): Sink<Alert> {
  const { name, limits, maxItems, timeoutMs, isSent, credentials } = receiver
  const { clock } = dependencies
  const gate = createWriteGate<Alert>(name)
  const pace = createPace(clock, receiver.intervalMs ?? 0)
  const action = `posting to sink ${name}`
  const connection = createFetch(name, receiver.tls, dependencies)

  const attempt = async (part: readonly Alert[], signal: AbortSignal): Promise<Verdict> => {
    await pace.wait(signal)
    const request = await receiver.request(part)
    const reply = await post({
      ...request,
      clock,
      signal,
      timeoutMs,
      fetch: await connection.read(),
    })
    const verdict = receiver.judge(reply)
    const { outcome } = verdict
    if (isMisconfigured(outcome)) for (const each of [...credentials, connection]) each.forget()
    pace.sent(outcome.status === 'retry' ? outcome.afterMs : undefined)
    return verdict
  }

  return {
    name,
    limits,
    start: async () => {
      for (const each of [...credentials, connection]) await each.read()
    },
    write: (batch, signal) =>
      gate.run(batch, signal, async (gateSignal) => {
        const sent = isSent === undefined ? batch : batch.filter(isSent)
        const outcomes = await sendInParts(
          sent,
          maxItems,
          (part) =>
            attempt(part, gateSignal).catch((error: unknown) => ({
              outcome: outcomeOfError(action, error),
            })),
          unavailable(`${action}: many alerts fail; the rest comes next`),
        )
        if (sent.length === batch.length) return outcomes
        const byAlert = new Map(sent.map((alert, place) => [alert, outcomes[place]!]))
        return batch.map((alert) => byAlert.get(alert) ?? skipped)
      }),
    stop: async (deadline) => {
      await gate.stop(deadline)
      connection.forget()
    },
  }
}
