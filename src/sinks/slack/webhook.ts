import { KubewitnessError } from '../../errors.ts'
import type { SinkDependencies } from '../common.ts'
import { createCredential } from '../credential.ts'
import { post } from '../http-post.ts'
import { judgeAnswer } from './answer.ts'
import { isUsableUrl, type SlackSinkConfig } from './config.ts'
import type { SlackTransport } from './transport.ts'

/** Posts to one incoming webhook, which can neither edit nor make threads: everything is a message of its own. */
export function createWebhookTransport(
  config: SlackSinkConfig,
  { clock, fetch, readSecret }: SinkDependencies,
): SlackTransport {
  // The schema has made sure that one of the two is set.
  const address = createCredential(config.webhookUrlFile, config.webhookUrlEnv, readSecret)!
  const url = async () => checkedUrl(config.name, (await address.read()).reveal())
  return {
    start: async () => {
      await url()
    },
    forget: () => address.forget(),
    send: async ({ message }, signal) => {
      const reply = await post({
        fetch,
        clock,
        signal,
        url: await url(),
        headers: {},
        body: JSON.stringify(message),
        timeoutMs: config.timeoutMs,
      })
      return { kind: 'settled', outcome: judgeAnswer(config.name, reply) }
    },
  }
}

/** Errors here never quote the address: whoever has it can post. */
function checkedUrl(sinkName: string, text: string): string {
  if (isUsableUrl(text)) return text
  throw new KubewitnessError(
    'config.invalid',
    `reading the webhook address of sink ${sinkName}: not an https URL`,
    { next: 'put the address that Slack shows for the incoming webhook, and nothing else, there' },
  )
}
