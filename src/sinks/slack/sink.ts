import type { Alert, Outcome, Sink } from '../../contracts.ts'
import type { SinkDependencies } from '../common.ts'
import { sendNotices } from '../notices.ts'
import { isMisconfigured, outcomeOfError, unavailable } from '../outcomes.ts'
import { createPace } from '../pace.ts'
import { createWriteGate } from '../write-gate.ts'
import { createBotTransport } from './bot.ts'
import type { SlackSinkConfig } from './config.ts'
import { type Mail, planMails } from './plan.ts'
import { createThreads } from './threads.ts'
import type { Sent, SentMessage } from './transport.ts'
import { createWebhookTransport } from './webhook.ts'

/** Slack takes one message a second in a channel. */
const intervalMs = 1_000

/** The end of an alert comes within a day or two of its beginning; that of an alarm never. */
const threadsKeptMs = 30 * 24 * 3_600_000

/**
 * Posts to one channel, most severe first, one message a second. A bot tells in a thread how an alert goes on, and edits its
 * message when it is over; an incoming webhook can do neither, so each revision that is worth it is a message of its
 * own. Of several revisions in a batch only the newest is shown.
 */
export function createSlackSink(
  config: SlackSinkConfig,
  dependencies: SinkDependencies,
): Sink<Alert> {
  const { alertUrl, clock } = dependencies
  const { name, summariseAbove } = config
  const isBot = config.channel !== undefined
  const transport = isBot
    ? createBotTransport(config, dependencies)
    : createWebhookTransport(config, dependencies)
  const threads = createThreads()
  const threadOf = isBot ? threads.get : undefined
  const gate = createWriteGate<Alert>(name)
  const pace = createPace(clock, intervalMs)

  const sendPaced = async (
    mail: Pick<Mail, 'message' | 'to'>,
    signal: AbortSignal,
  ): Promise<Sent> => {
    await pace.wait(signal)
    const sent = await transport.send(mail, signal)
    const outcome = sent.kind === 'settled' ? sent.outcome : undefined
    pace.sent(outcome?.status === 'retry' ? outcome.afterMs : 0)
    return sent
  }

  /** What can be said in no thread is said in the channel. */
  const sendMail = async (mail: Mail, signal: AbortSignal): Promise<Outcome> => {
    let sent = await sendPaced(mail, signal)
    let { to } = mail
    if (sent.kind === 'noThread') {
      to = { kind: 'channel' }
      sent = await sendPaced({ message: mail.message, to }, signal)
    }
    if (sent.kind === 'noThread') return unavailable(`posting to sink ${name}: no such message`)
    if (isMisconfigured(sent.outcome)) transport.forget()
    if (sent.outcome.status === 'delivered') remember(mail, to, sent.message)
    return sent.outcome
  }

  const remember = (mail: Mail, to: Mail['to'], message: SentMessage | undefined): void => {
    if (to.kind !== 'channel' || message === undefined) return
    const isShared = mail.alerts.length > 1
    for (const { alert } of mail.alerts)
      threads.put(alert.id, { ...message, isShared, atMs: clock.nowMs() })
  }

  /** Of an alert that is over nothing more comes. */
  const forgetClosed = (batch: readonly Alert[], outcomes: readonly Outcome[]): void => {
    for (const [place, { id, status }] of batch.entries())
      if (status === 'closed' && outcomes[place]?.status !== 'retry') threads.forget(id)
  }

  const send = async (batch: readonly Alert[], signal: AbortSignal): Promise<Outcome[]> => {
    threads.forgetOlderThan(clock.nowMs() - threadsKeptMs)
    const mails = planMails(batch, { summariseAbove, threadOf, alertUrl })
    const notices = mails.map((mail) => ({
      message: mail,
      places: mail.alerts.flatMap(({ places }) => places),
    }))
    const outcomes = await sendNotices(name, batch, notices, (mail) =>
      sendMail(mail, signal).catch((error: unknown) =>
        outcomeOfError(`posting to sink ${name}`, error),
      ),
    )
    forgetClosed(batch, outcomes)
    return outcomes
  }

  return {
    name,
    limits: { maxItems: 500, maxBytes: 4 * 1024 * 1024, lingerMs: 2_000 },
    ...(isBot && { memory: threads }),
    start: () => transport.start(),
    write: (batch, signal) => gate.run(batch, signal, (gateSignal) => send(batch, gateSignal)),
    stop: (deadline) => gate.stop(deadline),
  }
}
