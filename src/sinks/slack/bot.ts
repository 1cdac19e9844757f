import type { SinkDependencies } from '../common.ts'
import { createHeaderCredential } from '../credential.ts'
import { post } from '../http-post.ts'
import { judgeBotAnswer } from './bot-answer.ts'
import type { SlackSinkConfig } from './config.ts'
import type { Mail } from './plan.ts'
import type { SlackTransport } from './transport.ts'

/** Posts as a bot with `chat.postMessage`, and edits with `chat.update` (docs.slack.dev/reference/methods). */
export function createBotTransport(
  config: SlackSinkConfig,
  { clock, fetch, readSecret }: SinkDependencies,
): SlackTransport {
  // The schema has made sure that one of the two is set, and the channel with it.
  const token = createHeaderCredential(config.name, config.tokenFile, config.tokenEnv, readSecret)!
  const channel = config.channel!
  return {
    start: async () => {
      await token.read()
    },
    forget: () => token.forget(),
    send: async (mail, signal) => {
      const { method, body } = callOf(mail, channel)
      const reply = await post({
        fetch,
        clock,
        signal,
        url: `${config.apiUrl.replace(/\/$/, '')}/${method}`,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          authorization: `Bearer ${(await token.read()).reveal()}`,
        },
        body: JSON.stringify(body),
        timeoutMs: config.timeoutMs,
      })
      return judgeBotAnswer(config.name, reply)
    },
  }
}

function callOf(
  { message, to }: Pick<Mail, 'message' | 'to'>,
  channel: string,
): { readonly method: string; readonly body: object } {
  switch (to.kind) {
    case 'channel':
      return { method: 'chat.postMessage', body: { channel, ...message } }
    case 'reply': {
      const { thread, isBroadcast } = to
      const where = { channel: thread.channel, thread_ts: thread.ts, reply_broadcast: isBroadcast }
      return { method: 'chat.postMessage', body: { ...where, ...message } }
    }
    case 'edit': {
      const { blocks, text } = message
      // An edit looks for links and names by default, a post does not.
      const plain = { parse: 'none', link_names: false }
      const where = { channel: to.thread.channel, ts: to.thread.ts }
      return { method: 'chat.update', body: { ...where, text, blocks, ...plain } }
    }
    default:
      return to satisfies never
  }
}
