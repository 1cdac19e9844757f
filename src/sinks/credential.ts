import { KubewitnessError } from '../errors.ts'
import type { ReadSecret, Secret } from '../util/secret.ts'
import { secretReference } from './common.ts'

/** A secret that is read on first use, and again after `forget`: a replaced one works without a restart. */
export interface Credential {
  read(): Promise<Secret>
  /** To be called when the other side no longer accepts it. */
  forget(): void
}

/** The credential that a pair of options `…File` and `…Env` names; undefined when neither is set. */
export function createCredential(
  file: string | undefined,
  env: string | undefined,
  readSecret: ReadSecret,
): Credential | undefined {
  const reference = secretReference(file, env)
  if (reference === undefined) return undefined
  let known: Secret | undefined
  return {
    read: async () => {
      known ??= await readSecret(reference)
      return known
    },
    forget: () => {
      known = undefined
    },
  }
}

/** The same for what goes into a header. One that cannot is not left to others to complain about: they quote it, or do not say why. */
export function createHeaderCredential(
  sinkName: string,
  file: string | undefined,
  env: string | undefined,
  readSecret: ReadSecret,
): Credential | undefined {
  const credential = createCredential(file, env, readSecret)
  if (credential === undefined) return undefined
  return {
    forget: credential.forget,
    read: async () => {
      const secret = await credential.read()
      if (headerValue.test(secret.reveal())) return secret
      throw new KubewitnessError(
        'config.secret',
        `reading a secret of sink ${sinkName}: it holds a line break, or more than letters, digits and signs, which no header can`,
        { next: `write the secret alone into ${file ?? env}, on one line` },
      )
    },
  }
}

/** RFC 9110 §5.5, without what is obsolete. */
const headerValue = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
