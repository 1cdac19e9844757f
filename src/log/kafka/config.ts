import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { KubewitnessError, messageOf } from '../../errors.ts'
import { type ReadSecret, secretReference } from '../../util/secret.ts'
import type { KafkaConnection } from './connection.ts'

const path = z.string().min(1)

const saslSchema = z
  .strictObject({
    mechanism: z
      .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
      .describe('How the user proves to be one; PLAIN only over TLS.'),
    username: z.string().min(1).describe('User of the brokers.'),
    passwordFile: path.optional().describe('File with the password.'),
    passwordEnv: path.optional().describe('Environment variable with it.'),
  })
  .refine((sasl) => (sasl.passwordFile === undefined) !== (sasl.passwordEnv === undefined), {
    message: 'one of passwordFile, passwordEnv',
    path: ['passwordFile'],
  })

const tlsSchema = z
  .strictObject({
    caFile: path
      .optional()
      .describe('PEM file of the authority that signed the certificates of the brokers.'),
    certFile: path.optional().describe('PEM file of a client certificate, if brokers ask for one.'),
    keyFile: path.optional().describe('PEM file of its key.'),
  })
  .refine((tls) => (tls.certFile === undefined) === (tls.keyFile === undefined), {
    message: 'certFile and keyFile go together',
    path: ['keyFile'],
  })

const topicsSchema = z
  .strictObject({
    partitions: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .describe(
        'Partitions of the events, each detected by one process at a time. Cannot be changed afterwards.',
      ),
    partitionBy: z
      .enum(['cluster', 'actor'])
      .default('cluster')
      .describe(
        'What stays together in a partition. `actor` spreads one cluster over several processes, of which none sees what another has: docs/kafka.md says what that misses.',
      ),
    replicationFactor: z.int().min(1).max(10).default(3).describe('Brokers that keep each record.'),
    minInSyncReplicas: z
      .int()
      .min(1)
      .max(10)
      .optional()
      .describe(
        'Brokers that have to have a record before it is acknowledged; 2 if not given, or 1 with one replica.',
      ),
    create: z.boolean().default(true).describe('Make topics that are not there.'),
  })
  .prefault({})

/** What the log in Kafka is configured with, beside its retention. */
export const kafkaLogShape = {
  type: z.literal('kafka').describe('Kept in Kafka, for any number of processes.'),
  brokers: z
    .array(z.string().regex(/^[^\s/]+:\d{1,5}$/, 'host:port'))
    .min(1)
    .describe('Brokers to begin with; the others are found.'),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/, 'up to 100 letters, digits, dots, dashes and underscores')
    .default('kubewitness')
    .describe('Begins the names of topics, groups and transactional ids.'),
  topics: topicsSchema,
  compression: z
    .enum(['none', 'gzip', 'zstd'])
    .default('zstd')
    .describe('Of what is sent to the brokers.'),
  sessionTimeoutMs: z
    .int()
    .min(1000)
    .max(300_000)
    .default(10_000)
    .describe('A process that is silent for so long loses its partitions to others.'),
  sasl: saslSchema.optional().describe('Authentication; none if absent.'),
  tls: tlsSchema
    .optional()
    .describe('Encryption; none if absent. `{}` trusts the authorities of the system.'),
}

const kafkaLogSchema = z.strictObject(kafkaLogShape)

export type KafkaLogConfig = z.output<typeof kafkaLogSchema>

/** Reads the secrets and certificates. Rejects with `config.secret` or `tls.invalid`. */
export async function readConnection(
  { brokers, prefix, sasl, tls }: Pick<KafkaLogConfig, 'brokers' | 'prefix' | 'sasl' | 'tls'>,
  readSecret: ReadSecret,
): Promise<KafkaConnection> {
  return {
    brokers,
    clientId: prefix,
    ...(tls !== undefined && { ssl: await readTls(tls) }),
    ...(sasl !== undefined && { sasl: await readSasl(sasl, readSecret) }),
  }
}

async function readSasl(
  { mechanism, username, passwordFile, passwordEnv }: z.output<typeof saslSchema>,
  readSecret: ReadSecret,
): Promise<NonNullable<KafkaConnection['sasl']>> {
  // The schema has seen that one of them is set.
  const secret = await readSecret(secretReference(passwordFile, passwordEnv)!)
  return { mechanism, username, password: secret.reveal() }
}

async function readTls(
  tls: z.output<typeof tlsSchema>,
): Promise<NonNullable<KafkaConnection['ssl']>> {
  const [ca, cert, key] = await Promise.all([tls.caFile, tls.certFile, tls.keyFile].map(readPem))
  return {
    ...(ca !== undefined && { ca: [ca] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
}

async function readPem(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new KubewitnessError('tls.invalid', `reading ${file} for the log: ${messageOf(cause)}`, {
      cause,
      next: 'put the PEM file there',
    })
  }
}
