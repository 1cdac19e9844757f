import { z } from 'zod'
import type { Reply } from '../http-post.ts'
import { busy, delivered, misconfigured, refused, unavailable } from '../outcomes.ts'
import type { Sent } from './transport.ts'

const answerSchema = z.union([
  z.object({ ok: z.literal(true), channel: z.string(), ts: z.string() }),
  z.object({ ok: z.literal(false), error: z.string() }),
])

/** Errors that are about the message, which will never be taken. */
const messageIsRefused = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
  'too_many_attachments',
])

/** Errors that are about the message to reply to, or to edit. */
const threadIsUnusable = new Set([
  'cannot_reply_to_message',
  'cant_update_message',
  'edit_window_closed',
  'message_not_found',
  'thread_not_found',
])

const tooMany = new Set(['message_limit_exceeded', 'rate_limited', 'ratelimited'])

const temporary = new Set([
  'fatal_error',
  'internal_error',
  'request_timeout',
  'service_unavailable',
])

const aboutTheChannel = new Set([
  'channel_not_found',
  'is_archived',
  'not_in_channel',
  'restricted_action',
])

/** Slack's answer to a method of the Web API. Nearly all errors come with status 200 and a word. */
export function judgeBotAnswer(sinkName: string, reply: Reply): Sent {
  const action = `posting to sink ${sinkName}`
  if (reply.kind === 'failed') return settled(unavailable(`${action}: ${reply.reason}`))
  const { retryAfterMs, status, text } = reply
  const answer = parseAnswer(text)
  if (status === 200 && answer?.ok === true) {
    const { channel, ts } = answer
    return { kind: 'settled', outcome: delivered, message: { channel, ts } }
  }
  // Only a bare word is quoted: anything else may be a proxy's page.
  const word = answer?.ok === false && /^[a-z_]{1,60}$/.test(answer.error) ? answer.error : ''
  const problem = `${action}: answered ${status}${word === '' ? '' : ` ${word}`}`
  if (threadIsUnusable.has(word)) return { kind: 'noThread' }
  if (messageIsRefused.has(word)) return settled(refused(problem))
  if (status === 429 || tooMany.has(word)) return settled(busy(problem, retryAfterMs))
  const isPassing = status === 408 || status >= 500 || temporary.has(word)
  if (isPassing || (status === 200 && word === ''))
    return settled(unavailable(problem, retryAfterMs))
  const next = aboutTheChannel.has(word)
    ? 'invite the bot to the channel, and check its id; the alerts are kept'
    : 'put a token of a bot with the scope chat:write into the file; the alerts are kept'
  return settled(misconfigured(problem, next))
}

function settled(outcome: Extract<Sent, { kind: 'settled' }>['outcome']): Sent {
  return { kind: 'settled', outcome }
}

function parseAnswer(text: string): z.output<typeof answerSchema> | undefined {
  try {
    return answerSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
