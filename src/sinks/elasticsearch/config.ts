import { z } from 'zod'
import { parseHttpUrl } from '../../util/http-url.ts'
import { tlsSchema } from '../../util/tls-files.ts'
import { commonSinkShape, countSet } from '../common.ts'

/** What a sink may have under way of events. */
export const archiveShape = {
  maxInFlightMiB: z
    .int()
    .min(1)
    .max(1024)
    .default(32)
    .describe('Most memory of events that are on their way at a time.'),
  maxRequests: z.int().min(1).max(16).default(4).describe('Most requests at a time.'),
}

/** Options of every sink that writes with `_bulk`, whichever product it is for. */
export const searchSinkShape = {
  nodes: z
    .array(
      z
        .string()
        .refine(
          (text) => parseHttpUrl(text) !== undefined,
          'must be an http or https URL without user name and password',
        ),
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
  username: z.string().min(1).optional().describe('Name of the user, with a password.'),
  passwordFile: z.string().min(1).optional().describe('File with the password.'),
  passwordEnv: z.string().min(1).optional().describe('Environment variable with it.'),
  timeoutMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(30_000)
    .describe('How long to wait for an answer.'),
  compression: z
    .boolean()
    .default(false)
    .describe(
      'Compress requests with gzip: for far or slow networks, it takes four times the processor.',
    ),
  setup: z
    .enum(['auto', 'check', 'off'])
    .default('auto')
    .describe(
      'Templates: make them when they are missing or older, only check that they are there, or do not look (for credentials that may not).',
    ),
  archiveEvents: z
    .boolean()
    .default(false)
    .describe('Write every event into the data stream `logs-kubernetes.audit_logs-<namespace>`.'),
}

/** A user name has one password, and the other way round. */
export function hasWholeLogin(config: {
  readonly username?: string | undefined
  readonly passwordFile?: string | undefined
  readonly passwordEnv?: string | undefined
}): boolean {
  return (
    countSet(config.passwordFile, config.passwordEnv) === (config.username === undefined ? 0 : 1)
  )
}

export const wholeLogin = {
  message: 'username and one of passwordFile, passwordEnv go together',
  path: ['passwordFile'],
}

const archiveSchema = z
  .strictObject({
    retentionDays: z
      .int()
      .min(1)
      .max(36_500)
      .optional()
      .describe('Elasticsearch deletes events after so many days; for ever without it.'),
    ilmPolicy: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Name of an ILM policy, instead of the lifecycle that data streams have of their own.',
      ),
    ...archiveShape,
  })
  .refine(({ retentionDays, ilmPolicy }) => countSet(retentionDays, ilmPolicy) <= 1, {
    message: 'one of retentionDays, ilmPolicy: a policy says itself how long events are kept',
    path: ['ilmPolicy'],
  })

export const elasticsearchSinkSchema = z
  .strictObject({
    ...commonSinkShape,
    type: z.literal('elasticsearch'),
    ...searchSinkShape,
    apiKeyFile: z
      .string()
      .min(1)
      .optional()
      .describe('File with an API key, as Kibana shows it encoded.'),
    apiKeyEnv: z.string().min(1).optional().describe('Environment variable with it.'),
    username: z.string().min(1).optional().describe('Instead of an API key, with a password.'),
    tls: tlsSchema
      .safeExtend({
        caFingerprint: z
          .string()
          .regex(/^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/, 'a SHA-256 fingerprint in hex')
          .optional()
          .describe(
            'SHA-256 fingerprint of that authority, as Elasticsearch shows it at its first start, instead of the file.',
          ),
      })
      .refine(({ caFile, caFingerprint }) => countSet(caFile, caFingerprint) <= 1, {
        message: 'one of caFile, caFingerprint',
        path: ['caFingerprint'],
      })
      .prefault({}),
    alertsIlmPolicy: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Name of an ILM policy for the indices of alerts; they are kept for ever without one.',
      ),
    archive: archiveSchema.prefault({}),
  })
  .refine(
    ({ nodes, tls }) =>
      tls.caFingerprint === undefined || nodes.every((node) => node.startsWith('https:')),
    { message: 'only for nodes with https', path: ['tls', 'caFingerprint'] },
  )
  .refine((config) => countSet(config.apiKeyFile, config.apiKeyEnv, config.username) <= 1, {
    message: 'one of apiKeyFile, apiKeyEnv, username',
    path: ['username'],
  })
  .refine(hasWholeLogin, wholeLogin)

export type ElasticsearchSinkConfig = z.output<typeof elasticsearchSinkSchema>
