import type { Outcome } from '../../contracts.ts'
import type { Reply } from '../http-post.ts'
import { busy, delivered, misconfigured, refused, unavailable } from '../outcomes.ts'

/** Error words of incoming webhooks (answered as 400) that concern the webhook, not the message. */
const webhookIsUnusable = new Set([
  'action_prohibited',
  'channel_is_archived',
  'channel_not_found',
  'invalid_token',
  'no_active_hooks',
  'no_service',
  'no_service_id',
  'no_team',
  'posting_to_general_channel_denied',
  'team_disabled',
  'user_not_found',
])

/** Slack's answer to one message as an outcome. Success is status 200 with the body `ok` and nothing else. */
export function judgeAnswer(sinkName: string, reply: Reply): Outcome {
  const action = `posting to sink ${sinkName}`
  if (reply.kind === 'failed') return unavailable(`${action}: ${reply.reason}`)
  const { status, text } = reply
  if (status === 200 && text === 'ok') return delivered
  // Only a bare word is quoted: anything else may be a proxy's page that repeats the address.
  const word = /^[a-z_]{1,40}$/.test(text) ? text : ''
  const problem = `${action}: answered ${status}${word === '' ? '' : ` ${word}`}`
  if (status === 429) return busy(problem, reply.retryAfterMs)
  if (status === 408 || status >= 500 || (status >= 200 && status < 300)) {
    return unavailable(problem, reply.retryAfterMs)
  }
  if ((status === 400 || status === 413) && !webhookIsUnusable.has(word)) return refused(problem)
  return misconfigured(
    problem,
    'make a new incoming webhook in Slack and put its address into the file; the alerts are kept',
  )
}
