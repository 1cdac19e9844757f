import type { ReadSecret } from '../../util/secret.ts'
import { secretReference } from '../common.ts'
import type { SearchClient, SearchProduct } from './product.ts'

/** A client that is made on first use, and anew with freshly read credentials after `discard`. */
export interface LazyClient {
  get(signal: AbortSignal): Promise<SearchClient>
  discard(): Promise<void>
}

export function createLazyClient(product: SearchProduct, readSecret: ReadSecret): LazyClient {
  let client: SearchClient | undefined
  return {
    get: async (signal) => {
      if (client !== undefined) return client
      const made = await product.connect(readSecret, signal)
      // Another request may have been faster; what nobody has used has nothing to close.
      client ??= made
      return client
    },
    discard: async () => {
      const closing = client
      client = undefined
      await closing?.close()
    },
  }
}

/** User name and password, as far as the configuration has them. */
export async function readLogin(
  config: {
    readonly username?: string | undefined
    readonly passwordFile?: string | undefined
    readonly passwordEnv?: string | undefined
  },
  readSecret: ReadSecret,
): Promise<{ readonly username: string; readonly password: string } | undefined> {
  const password = secretReference(config.passwordFile, config.passwordEnv)
  if (config.username === undefined || password === undefined) return undefined
  return { username: config.username, password: (await readSecret(password)).reveal() }
}
