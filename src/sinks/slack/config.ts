import { z } from 'zod'
import { parseHttpUrl } from '../../util/http-url.ts'
import { commonSinkShape, countSet } from '../common.ts'

const secretName = z.string().min(1).optional()

export const slackSinkSchema = z
  .strictObject({
    ...commonSinkShape,
    type: z.literal('slack'),
    webhookUrlFile: secretName.describe('File with the address of an incoming webhook.'),
    webhookUrlEnv: secretName.describe('Environment variable with it.'),
    tokenFile: secretName.describe(
      'File with the token of a bot (`chat:write`), which can make threads and edit; needs `channel`.',
    ),
    tokenEnv: secretName.describe('Environment variable with it.'),
    channel: z
      .string()
      .regex(/^[CGD][A-Z0-9]{2,}$/, 'the id of a channel, like C0123456789 (its name may change)')
      .optional()
      .describe('Id of the channel that the bot posts to, and is a member of.'),
    apiUrl: z
      .string()
      .refine(isUsableUrl, 'must be an https URL')
      .default('https://slack.com/api')
      .describe('Where the Web API is, for a bot: GovSlack has another address.'),
    summariseAbove: z
      .int()
      .min(1)
      .max(100)
      .default(5)
      .describe('When more alerts than this wait, one message sums up those beyond.'),
    timeoutMs: z
      .int()
      .min(100)
      .max(120_000)
      .default(10_000)
      .describe('How long to wait for an answer.'),
  })
  .refine(
    ({ tokenEnv, tokenFile, webhookUrlEnv, webhookUrlFile }) =>
      countSet(webhookUrlFile, webhookUrlEnv, tokenFile, tokenEnv) === 1,
    {
      message: 'exactly one of webhookUrlFile, webhookUrlEnv, tokenFile, tokenEnv',
      path: ['webhookUrlFile'],
    },
  )
  .refine(
    ({ channel, tokenEnv, tokenFile }) =>
      (channel !== undefined) === (countSet(tokenFile, tokenEnv) === 1),
    {
      message: 'goes with tokenFile or tokenEnv; an incoming webhook has its own',
      path: ['channel'],
    },
  )

export type SlackSinkConfig = z.output<typeof slackSinkSchema>

/** Https, or plain HTTP on this machine, without user name and password. */
export function isUsableUrl(text: string): boolean {
  const url = parseHttpUrl(text)
  if (url === undefined) return false
  return url.protocol === 'https:' || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
}
