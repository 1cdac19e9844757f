import { z } from 'zod'
import type { Alert, Sink } from '../../contracts.ts'
import { KubewitnessError } from '../../errors.ts'
import { parseHttpUrl } from '../../util/http-url.ts'
import { tlsSchema } from '../../util/tls-files.ts'
import { commonSinkShape, countSet, type SinkDependencies } from '../common.ts'
import { lostConnection } from '../connection-fault.ts'
import { createCredential, createHeaderCredential } from '../credential.ts'
import type { Reply } from '../http-post.ts'
import { createHttpSink, timeoutShape } from '../http-sink.ts'
import { delivered, misconfigured, unavailable } from '../outcomes.ts'
import type { Verdict } from '../parts.ts'
import { s3Object } from './object.ts'

const secretPath = z.string().min(1).optional()

export const s3SinkSchema = z
  .strictObject({
    ...commonSinkShape,
    ...timeoutShape,
    type: z.literal('s3'),
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket')
      .describe('Bucket, which must exist.'),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/)
      .default('us-east-1')
      .describe('Its region.'),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Address of a service other than Amazon S3.'),
    prefix: z
      .string()
      .regex(/^(?:[A-Za-z0-9._=-]+\/)*$/, 'folders, each ended by a slash')
      .default('kubewitness/alerts/')
      .describe('Begins the keys of all objects.'),
    accessKeyIdFile: secretPath.describe('File with the id of the access key.'),
    accessKeyIdEnv: secretPath.describe('Environment variable with it.'),
    secretAccessKeyFile: secretPath.describe('File with the secret access key.'),
    secretAccessKeyEnv: secretPath.describe('Environment variable with it.'),
    sessionTokenFile: secretPath.describe('File with the token of temporary credentials.'),
    sessionTokenEnv: secretPath.describe('Environment variable with it.'),
    maxItems: z.int().min(1).max(10_000).default(5_000).describe('Most alerts in one object.'),
    maxBytes: z
      .int()
      .min(65_536)
      .max(67_108_864)
      .default(8_388_608)
      .describe('Most bytes in one object, before compression.'),
    maxAgeSeconds: z
      .int()
      .min(1)
      .max(3_600)
      .default(300)
      .describe('How long an alert may wait for others that go into the same object.'),
    tls: tlsSchema.optional(),
  })
  .refine((config) => countSet(config.accessKeyIdFile, config.accessKeyIdEnv) === 1, {
    error: 'exactly one of accessKeyIdFile, accessKeyIdEnv',
    path: ['accessKeyIdFile'],
  })
  .refine((config) => countSet(config.secretAccessKeyFile, config.secretAccessKeyEnv) === 1, {
    error: 'exactly one of secretAccessKeyFile, secretAccessKeyEnv',
    path: ['secretAccessKeyFile'],
  })
  .refine((config) => countSet(config.sessionTokenFile, config.sessionTokenEnv) <= 1, {
    error: 'one of sessionTokenFile, sessionTokenEnv',
    path: ['sessionTokenFile'],
  })

export type S3SinkConfig = z.output<typeof s3SinkSchema>

/** PUTs each batch as one object, with AWS Signature Version 4 over everything that is sent. */
export function createS3Sink(config: S3SinkConfig, dependencies: SinkDependencies): Sink<Alert> {
  const { name } = config
  const { clock, readSecret } = dependencies
  const inHeader = (file: string | undefined, env: string | undefined) =>
    createHeaderCredential(name, file, env, readSecret)
  // The schema has made sure that the first two are there.
  const accessKeyId = inHeader(config.accessKeyIdFile, config.accessKeyIdEnv)!
  const secretAccessKey = createCredential(
    config.secretAccessKeyFile,
    config.secretAccessKeyEnv,
    readSecret,
  )!
  const sessionToken = inHeader(config.sessionTokenFile, config.sessionTokenEnv)
  const all = [accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])]
  const limits = {
    maxItems: config.maxItems,
    maxBytes: config.maxBytes,
    lingerMs: config.maxAgeSeconds * 1000,
  }

  return createHttpSink(
    {
      ...config,
      limits,
      credentials: all,
      judge: (reply) => judge(name, reply),
      request: async (part) => {
        // Loaded when it is needed, as everything that only some installations use.
        const { AwsV4Signer } = await import('aws4fetch')
        const { key, body, headers } = await s3Object(config.prefix, part)
        // Temporary credentials are replaced before they end: read each time, which is seldom.
        for (const each of all) each.forget()
        const token = (await sessionToken?.read())?.reveal()
        const signed = await new AwsV4Signer({
          method: 'PUT',
          url: objectUrl(config, key),
          headers,
          body,
          accessKeyId: (await accessKeyId.read()).reveal(),
          secretAccessKey: (await secretAccessKey.read()).reveal(),
          service: 's3',
          region: config.region,
          datetime: new Date(clock.nowMs()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
          ...(token === undefined ? {} : { sessionToken: token }),
        }).sign()
        return {
          method: 'PUT',
          url: signed.url.href,
          headers: Object.fromEntries(signed.headers),
          body,
        }
      },
    },
    dependencies,
  )
}

/** Amazon S3 names the bucket in the host, others in the path. A dot in it would break the certificate of the host. */
function objectUrl({ name, endpoint, bucket, region }: S3SinkConfig, key: string): string {
  const byPath = endpoint !== undefined || bucket.includes('.')
  const base = endpoint ?? `https://${byPath ? '' : `${bucket}.`}s3.${region}.amazonaws.com`
  const url = parseHttpUrl(base)
  if (url === undefined || url.search !== '') {
    throw new KubewitnessError(
      'config.invalid',
      `reading the endpoint of sink ${name}: not usable`,
      {
        next: 'give an http or https URL without user name, password and query',
      },
    )
  }
  return `${url.href.replace(/\/+$/, '')}/${byPath ? `${bucket}/` : ''}${key}`
}

/** Codes of 4xx that pass by themselves; the list of S3's error codes is in its API reference. */
const temporaryCodes = new Set([
  'OperationAborted',
  'RequestTimeout',
  'SlowDown',
  'ServiceUnavailable',
  'TooManyRequests',
])

/** Never a refusal: no alert can be at fault for what becomes of its object. */
function judge(name: string, reply: Reply): Verdict {
  const action = `putting an object for sink ${name}`
  if (reply.kind === 'failed') return { outcome: lostConnection(action, reply.reason) }
  const { status, text, retryAfterMs } = reply
  if (status >= 200 && status < 300) return { outcome: delivered }
  // The code alone is quoted: messages may repeat keys and addresses.
  const code = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(text)?.[1] ?? ''
  const problem = `${action}: answered ${status} ${code}`.trimEnd()
  if (status >= 500 || status === 408 || status === 429 || temporaryCodes.has(code)) {
    return { outcome: unavailable(problem, retryAfterMs) }
  }
  return {
    outcome: misconfigured(
      problem,
      'check bucket, region, endpoint and access key, which needs s3:PutObject; the alerts are kept',
    ),
  }
}
