import type { KafkaConfig, SASLOptions } from 'kafkajs'
import { z } from 'zod'
import { type ReadSecret, secretReference } from '../secret.ts'
import { readTlsFiles, tlsSchema } from '../tls-files.ts'

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

/** Options of whoever talks to Kafka. */
export const kafkaConnectionShape = {
  brokers: z
    .array(z.string().regex(/^[^\s/]+:\d{1,5}$/, 'host:port'))
    .min(1)
    .describe('Brokers to begin with; the others are found.'),
  sasl: saslSchema.optional().describe('Authentication; none if absent.'),
  tls: tlsSchema
    .optional()
    .describe('Encryption; none if absent. `{}` trusts the authorities of the system.'),
}

const kafkaConnectionSchema = z.strictObject(kafkaConnectionShape)

/** How the brokers are reached, with secrets and certificates read. */
export interface KafkaConnection {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly ssl?: KafkaConfig['ssl']
  readonly sasl?: SASLOptions
}

/** Reads the secrets and certificates of `owner` (`sink search`, `the log`). Rejects with `config.secret` or `tls.invalid`. */
export async function readKafkaConnection(
  owner: string,
  clientId: string,
  { brokers, sasl, tls }: z.output<typeof kafkaConnectionSchema>,
  readSecret: ReadSecret,
): Promise<KafkaConnection> {
  return {
    brokers,
    clientId,
    ...(tls !== undefined && { ssl: await readTlsFiles(owner, tls) }),
    ...(sasl !== undefined && { sasl: await readSasl(sasl, readSecret) }),
  }
}

async function readSasl(
  { mechanism, username, passwordFile, passwordEnv }: z.output<typeof saslSchema>,
  readSecret: ReadSecret,
): Promise<SASLOptions> {
  // The schema has seen that one of them is set.
  const secret = await readSecret(secretReference(passwordFile, passwordEnv)!)
  return { mechanism, username, password: secret.reveal() }
}
