import type { Client, ClientOptions } from '@elastic/elasticsearch'
import type { ReadSecret } from '../../util/secret.ts'
import { readTlsFiles } from '../../util/tls-files.ts'
import { secretReference } from '../common.ts'
import { createHeaderCredential } from '../credential.ts'
import type { ElasticsearchSinkConfig } from './config.ts'
import { pinnedAuthority } from './pinned-authority.ts'

/** A client that is made on first use, and anew with freshly read credentials after `discard`. */
export interface LazyClient {
  /** Reads what it needs of files and the environment. Rejects with `config.secret` or `tls.invalid`. Nothing is asked of anybody. */
  read(): Promise<void>
  get(signal: AbortSignal): Promise<Client>
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
    read: async () => {
      await clientOptions(config, readSecret)
    },
    get: async (signal) => {
      if (client === undefined) {
        const options = await clientOptions(config, readSecret)
        const { caFingerprint } = config.tls
        const pinned =
          caFingerprint === undefined
            ? {}
            : { ca: await pinnedAuthority(config.nodes, caFingerprint, signal) }
        // Loaded when it is needed: it takes more memory than all else together.
        const library = await import('@elastic/elasticsearch')
        client ??= new library.Client({ ...options, tls: { ...options.tls, ...pinned } })
      }
      return client
    },
    discard,
  }
}

/**
 * One attempt a request, no discovery of further nodes: repeating is not the client's work, and `nodes` are all there are. What the client
 * itself makes of a fingerprint is not asked for: it takes a chain for genuine whose signatures nobody has checked.
 */
async function clientOptions(
  config: ElasticsearchSinkConfig,
  readSecret: ReadSecret,
): Promise<ClientOptions> {
  const auth = await authentication(config, readSecret)
  const { caFingerprint: _, ...files } = config.tls
  return {
    nodes: [...config.nodes],
    maxRetries: 0,
    // Our own clock cuts a request off; this is behind it, for the case that a socket does not obey.
    requestTimeout: config.timeoutMs + 5_000,
    compression: config.compression,
    redaction: { type: 'remove' },
    ...(auth === undefined ? {} : { auth }),
    tls: await readTlsFiles(`sink ${config.name}`, files),
  }
}

async function authentication(
  config: ElasticsearchSinkConfig,
  readSecret: ReadSecret,
): Promise<ClientOptions['auth']> {
  const { apiKeyEnv, apiKeyFile, name } = config
  const apiKey = createHeaderCredential(name, apiKeyFile, apiKeyEnv, readSecret)
  if (apiKey !== undefined) return { apiKey: (await apiKey.read()).reveal() }
  const password = secretReference(config.passwordFile, config.passwordEnv)
  if (config.username === undefined || password === undefined) return undefined
  return { username: config.username, password: (await readSecret(password)).reveal() }
}
