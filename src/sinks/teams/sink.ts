import { z } from 'zod'
import type { Alert, Outcome, Sink } from '../../contracts.ts'
import { commonSinkShape, type SinkDependencies } from '../common.ts'
import { addressShape, createHttpAddress, hasOneAddress } from '../http-address.ts'
import { post, type Reply } from '../http-post.ts'
import { timeoutShape } from '../http-sink.ts'
import { judgeStatus } from '../http-verdict.ts'
import { noticesOf, sendNotices } from '../notices.ts'
import { isMisconfigured, misconfigured, outcomeOfError, unavailable } from '../outcomes.ts'
import { createPace } from '../pace.ts'
import { createWriteGate } from '../write-gate.ts'
import { alertCard, digestCard, type TeamsMessage } from './card.ts'

const { urlFile, urlEnv } = addressShape

export const teamsSinkSchema = z
  .strictObject({
    ...commonSinkShape,
    ...timeoutShape,
    type: z.literal('teams'),
    urlFile,
    urlEnv,
    summariseAbove: z
      .int()
      .min(1)
      .max(100)
      .default(5)
      .describe('When more alerts than this wait, one card sums them up.'),
  })
  .refine(hasOneAddress, {
    error: 'exactly one of urlFile, urlEnv',
    path: ['urlFile'],
  })

export type TeamsSinkConfig = z.output<typeof teamsSinkSchema>

/** Teams slows down who posts more than four times a second. */
const intervalMs = 300

/** Posts cards to a workflow of Microsoft Teams, most severe first. */
export function createTeamsSink(
  config: TeamsSinkConfig,
  { clock, fetch, readSecret }: SinkDependencies,
): Sink<Alert> {
  const { name, timeoutMs, summariseAbove } = config
  const gate = createWriteGate<Alert>(name)
  const pace = createPace(clock, intervalMs)
  const address = createHttpAddress(name, config, readSecret)

  const sendOne = async (message: TeamsMessage, signal: AbortSignal): Promise<Outcome> => {
    await pace.wait(signal)
    const url = await address.read()
    const body = JSON.stringify(message)
    const outcome = judge(
      name,
      await post({ fetch, clock, signal, url, headers: {}, body, timeoutMs }),
    )
    if (isMisconfigured(outcome)) address.forget()
    pace.sent(outcome.status === 'retry' ? outcome.afterMs : undefined)
    return outcome
  }

  return {
    name,
    limits: { maxItems: 500, maxBytes: 4 * 1024 * 1024, lingerMs: 2_000 },
    start: async () => void (await address.read()),
    write: (batch, signal) =>
      gate.run(batch, signal, (gateSignal) =>
        sendNotices(
          name,
          batch,
          noticesOf(batch, summariseAbove, { ofOne: alertCard, ofMany: digestCard }),
          (message) =>
            sendOne(message, gateSignal).catch((error: unknown) =>
              outcomeOfError(`posting to sink ${name}`, error),
            ),
        ),
      ),
    stop: (deadline) => gate.stop(deadline),
  }
}

/** A workflow that was switched off or deleted answers 400; one that could not post may say so with a status of success. */
function judge(name: string, reply: Reply): Outcome {
  const action = `posting to sink ${name}`
  if (
    reply.kind === 'answered' &&
    reply.status === 400 &&
    /Workflow\w*(NotEnabled|NotFound)/.test(reply.text)
  ) {
    return misconfigured(
      `${action}: answered 400, the workflow is off or gone`,
      'switch the workflow on in Teams, or put the address of another into the file; the alerts are kept',
    )
  }
  const { outcome } = judgeStatus(name, reply)
  const failure = reply.kind === 'answered' ? /HTTP error (\d{3})/.exec(reply.text) : null
  if (outcome.status !== 'delivered' || failure === null) return outcome
  return unavailable(`${action}: Teams answered ${failure[1]} to the workflow`)
}
