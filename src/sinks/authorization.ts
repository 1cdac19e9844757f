import { z } from 'zod'
import type { ReadSecret } from '../util/secret.ts'
import { countSet } from './common.ts'
import { createCredential, createHeaderCredential } from './credential.ts'

/** Options of a sink that logs in by the header `Authorization`, or not at all. To be refined with `hasOneLogin`. */
export const authorizationShape = {
  bearerTokenFile: z.string().min(1).optional().describe('File with a bearer token.'),
  bearerTokenEnv: z.string().min(1).optional().describe('Environment variable with it.'),
  username: z.string().min(1).optional().describe('Instead of a token, with a password.'),
  passwordFile: z.string().min(1).optional().describe('File with the password.'),
  passwordEnv: z.string().min(1).optional().describe('Environment variable with it.'),
}

interface AuthorizationOptions {
  readonly bearerTokenFile?: string | undefined
  readonly bearerTokenEnv?: string | undefined
  readonly username?: string | undefined
  readonly passwordFile?: string | undefined
  readonly passwordEnv?: string | undefined
}

export function hasOneLogin(options: AuthorizationOptions): boolean {
  const passwords = countSet(options.passwordFile, options.passwordEnv)
  return (
    countSet(options.bearerTokenFile, options.bearerTokenEnv, options.username) <= 1 &&
    passwords === countSet(options.username)
  )
}

export const oneLogin = {
  error: 'one of bearerTokenFile, bearerTokenEnv, or username with passwordFile or passwordEnv',
  path: ['username'],
}

/** Gives the header, or none; after `forget` with the secret read anew. */
export interface Authorization {
  read(): Promise<Readonly<Record<string, string>>>
  forget(): void
}

export function createAuthorization(
  sinkName: string,
  options: AuthorizationOptions,
  readSecret: ReadSecret,
): Authorization {
  const { bearerTokenFile, bearerTokenEnv, username, passwordFile, passwordEnv } = options
  const secret =
    username === undefined
      ? createHeaderCredential(sinkName, bearerTokenFile, bearerTokenEnv, readSecret)
      : createCredential(passwordFile, passwordEnv, readSecret)
  return {
    read: async (): Promise<Readonly<Record<string, string>>> => {
      if (secret === undefined) return {}
      const text = (await secret.read()).reveal()
      if (username === undefined) return { authorization: `Bearer ${text}` }
      return { authorization: `Basic ${Buffer.from(`${username}:${text}`).toString('base64')}` }
    },
    forget: () => secret?.forget(),
  }
}
