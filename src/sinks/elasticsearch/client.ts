import type { Client, ClientOptions } from '@elastic/elasticsearch'
import type { ReadSecret } from '../../util/secret.ts'
import { readTlsFiles } from '../../util/tls-files.ts'
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
  const { caFingerprint, ...files } = config.tls
  return {
    nodes: [...config.nodes],
    maxRetries: 0,
    // Our own clock cuts a request off; this is behind it, for the case that a socket does not obey.
    requestTimeout: config.timeoutMs + 5_000,
    compression: config.compression,
    redaction: { type: 'remove' },
    ...(caFingerprint === undefined ? {} : { caFingerprint }),
    ...(auth === undefined ? {} : { auth }),
    tls: await readTlsFiles(`sink ${config.name}`, files),
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
