import { readFile } from 'node:fs/promises'
import type { Client, ClientOptions } from '@elastic/elasticsearch'
import { KubewitnessError, messageOf } from '../../errors.ts'
import type { ReadSecret } from '../../util/secret.ts'
import { secretReference } from '../common.ts'
import type { ElasticsearchSinkConfig } from './config.ts'

/** A client that is made on first use, and anew with freshly read credentials after `discard`. */
export interface LazyClient {
  get(): Promise<Client>
  discard(): Promise<void>
}

export function createLazyClient(
  config: ElasticsearchSinkConfig,
  readSecret: ReadSecret,
): LazyClient {
  let client: Client | undefined
  const discard = async () => {
    const closing = client
    client = undefined
    await closing?.close()
  }
  return {
    get: async () => {
      if (client === undefined) {
        const options = await clientOptions(config, readSecret)
        // Loaded when it is needed: it takes more memory than all else together.
        const library = await import('@elastic/elasticsearch')
        client ??= new library.Client(options)
      }
      return client
    },
    discard,
  }
}

/** One attempt a request, no discovery of further nodes: repeating is not the client's work, and `nodes` are all there are. */
async function clientOptions(
  config: ElasticsearchSinkConfig,
  readSecret: ReadSecret,
): Promise<ClientOptions> {
  const auth = await authentication(config, readSecret)
  const { caFile, caFingerprint } = config.tls
  return {
    nodes: [...config.nodes],
    maxRetries: 0,
    // Our own clock cuts a request off; this is behind it, for the case that a socket does not obey.
    requestTimeout: config.timeoutMs + 5_000,
    compression: config.compression,
    redaction: { type: 'remove' },
    ...(caFingerprint === undefined ? {} : { caFingerprint }),
    ...(auth === undefined ? {} : { auth }),
    ...(caFile === undefined ? {} : { tls: { ca: await readAuthority(config.name, caFile) } }),
  }
}

async function authentication(
  config: ElasticsearchSinkConfig,
  readSecret: ReadSecret,
): Promise<ClientOptions['auth']> {
  const apiKey = secretReference(config.apiKeyFile, config.apiKeyEnv)
  if (apiKey !== undefined) return { apiKey: (await readSecret(apiKey)).reveal() }
  const password = secretReference(config.passwordFile, config.passwordEnv)
  if (config.username === undefined || password === undefined) return undefined
  return { username: config.username, password: (await readSecret(password)).reveal() }
}

async function readAuthority(sinkName: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new KubewitnessError(
      'tls.invalid',
      `reading ${path} for sink ${sinkName}: ${messageOf(error)}`,
      { cause: error, next: 'put the PEM file of the certificate authority there' },
    )
  }
}
