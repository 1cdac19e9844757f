import type { FieldValue } from './field.ts'
import { userClassOf } from './user-class.ts'
import type { EventView } from './view.ts'
import { exists, startsWithOne } from './wire-fact.ts'

export type CredentialKind = 'legacyToken' | 'token' | 'certificate' | 'bootstrapToken'

const legacyToken = 'authentication.k8s.io/legacy-token'
const credentialId = 'authentication.kubernetes.io/credential-id'

export const credentialKinds: readonly (FieldValue & { readonly value: CredentialKind })[] = [
  {
    value: 'legacyToken',
    meaning: 'a token of a service account from a Secret, without an end',
    facts: [[exists(`annotations.${legacyToken}`)]],
  },
  {
    value: 'token',
    meaning: 'a token with an id: of a service account, or of an OIDC issuer',
    facts: [[exists(`user.extra.${credentialId}`)]],
  },
  {
    value: 'certificate',
    meaning: 'a client certificate (since 1.32)',
    facts: [[exists(`user.extra.${credentialId}`)]],
  },
  {
    value: 'bootstrapToken',
    meaning: 'a token that joins nodes',
    facts: [[startsWithOne('user.username', 'system:bootstrap:')]],
  },
]

/** Undefined when the event does not tell. */
export function credentialKindOf(view: EventView): CredentialKind | undefined {
  if (view.annotation(legacyToken) !== '') return 'legacyToken'
  const [id = ''] = view.extra(credentialId)
  if (id.startsWith('JTI=')) return 'token'
  if (id.startsWith('X509SHA256=')) return 'certificate'
  return userClassOf(view) === 'bootstrapToken' ? 'bootstrapToken' : undefined
}
