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
