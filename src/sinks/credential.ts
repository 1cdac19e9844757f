import type { ReadSecret, Secret, SecretReference } from '../util/secret.ts'

/** A secret that is read on first use, and again after `forget`: a replaced one works without a restart. */
export interface Credential {
  read(): Promise<Secret>
  /** To be called when the other side no longer accepts it. */
  forget(): void
}

export function createCredential(reference: SecretReference, readSecret: ReadSecret): Credential {
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
