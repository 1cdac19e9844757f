import { z } from 'zod'
import { commonSinkShape, countSet } from '../common.ts'

export const elasticsearchSinkSchema = z
  .strictObject({
    ...commonSinkShape,
    type: z.literal('elasticsearch'),
    nodes: z
      .array(
        z
          .string()
          .refine(isNodeAddress, 'must be an http or https URL without user name and password'),
      )
      .min(1)
      .describe('Addresses of the cluster.'),
    namespace: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9_.]{0,62}$/,
        'up to 63 lower-case letters, digits, dots and underscores',
      )
      .default('default')
      .describe('Part of the index names, to tell environments apart.'),
    apiKeyFile: z
      .string()
      .min(1)
      .optional()
      .describe('File with an API key, as Kibana shows it encoded.'),
    apiKeyEnv: z.string().min(1).optional().describe('Environment variable with it.'),
    username: z.string().min(1).optional().describe('Instead of an API key, with a password.'),
    passwordFile: z.string().min(1).optional().describe('File with the password.'),
    passwordEnv: z.string().min(1).optional().describe('Environment variable with it.'),
    tls: z
      .strictObject({
        caFile: z
          .string()
          .min(1)
          .optional()
          .describe('PEM file of the authority that signed the certificate of the server.'),
      })
      .prefault({}),
    timeoutMs: z
      .int()
      .min(100)
      .max(600_000)
      .default(30_000)
      .describe('How long to wait for an answer.'),
    archiveEvents: z
      .boolean()
      .default(false)
      .describe('Not available yet: has no effect but a warning.'),
  })
  .refine((config) => countSet(config.apiKeyFile, config.apiKeyEnv, config.username) <= 1, {
    message: 'one of apiKeyFile, apiKeyEnv, username',
    path: ['username'],
  })
  .refine(
    (config) =>
      countSet(config.passwordFile, config.passwordEnv) === (config.username === undefined ? 0 : 1),
    {
      message: 'username and one of passwordFile, passwordEnv go together',
      path: ['passwordFile'],
    },
  )

export type ElasticsearchSinkConfig = z.output<typeof elasticsearchSinkSchema>

function isNodeAddress(text: string): boolean {
  const url = URL.parse(text)
  return (
    url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
  )
}
