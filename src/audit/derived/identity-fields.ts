import type { Comparison } from '../../contracts.ts'
import { cloudProviderOf, cloudProviders } from './cloud-provider.ts'
import { credentialKindOf, credentialKinds } from './credential-kind.ts'
import { type DerivedField, presentText } from './field.ts'
import { serviceAccountOf, userClasses, userClassOf } from './user-class.ts'
import {
  containsOne,
  endsWithOne,
  equalsOne,
  exists,
  startsWithOne,
  type WireFacts,
} from './wire-fact.ts'

const ofServiceAccount = [[startsWithOne('user.username', 'system:serviceaccount:')]]
const extraPrefix = 'authentication.kubernetes.io/'
const issuedCredentialId = 'authentication.kubernetes.io/issued-credential-id'

/** Who asks, and with what. */
export const identityFields: Readonly<Record<string, DerivedField>> = {
  actor: {
    type: 'text',
    meaning: 'The authenticated user; absent when authentication failed.',
    wherePresent: [[exists('user.username')]],
    read: (view) => presentText(view.event.actor),
  },
  effectiveUser: {
    type: 'text',
    meaning: 'The impersonated user, or the actor if there is none.',
    whereOne: ({ kind, value }) =>
      kind === 'equals'
        ? [[equalsOne('user.username', value)], [equalsOne('impersonatedUser.username', value)]]
        : undefined,
    read: (view) => presentText(view.event.effectiveUser),
  },
  userClass: {
    type: 'text',
    meaning:
      'What the actor is, told by its name and by what its authenticator says of it. Names are authenticated, so a client cannot choose them; whoever signs certificates can.',
    wherePresent: [[exists('user.username')]],
    values: userClasses,
    read: (view) => presentText(userClassOf(view)),
  },
  cloudProvider: {
    type: 'text',
    meaning:
      'The managed service that an identity shows to come from: of its components, its nodes, and of people and programs that its IAM authenticated.',
    values: cloudProviders,
    read: (view) => presentText(cloudProviderOf(view)),
  },
  serviceAccountNamespace: {
    type: 'text',
    meaning: 'The namespace of the actor, if it is a service account.',
    wherePresent: ofServiceAccount,
    whereOne: (comparison) => whereUsernameHas(comparison, ':', ':'),
    read: ({ event }) => presentText(serviceAccountOf(event.actor)?.namespace),
  },
  serviceAccountName: {
    type: 'text',
    meaning: 'The name of the actor within its namespace, if it is a service account.',
    wherePresent: ofServiceAccount,
    whereOne: (comparison) => whereUsernameHas(comparison, ':', ''),
    read: ({ event }) => presentText(serviceAccountOf(event.actor)?.name),
  },
  credentialId: extraField(
    'credential-id',
    '1.30',
    "What tells the actor's credential from others: `JTI=…` of a token, `X509SHA256=…` of a client certificate (since 1.32). Absent for legacy tokens, bootstrap tokens and anonymous requests.",
  ),
  credentialKind: {
    type: 'text',
    meaning: 'What the actor authenticated with, as far as the event shows it.',
    values: credentialKinds,
    read: (view) => presentText(credentialKindOf(view)),
  },
  tokenPod: extraField('pod-name', undefined, 'The pod that the token in use is bound to.'),
  tokenPodUid: extraField('pod-uid', undefined, 'The uid of the pod that the token is bound to.'),
  tokenNode: extraField('node-name', '1.30', "The node of the token's pod."),
  issuedCredentialId: {
    type: 'text',
    since: '1.30',
    meaning:
      'Of a request for a token of a service account: what tells the token that was issued from others. It is the credentialId of whoever uses it.',
    wherePresent: [[exists(`annotations.${issuedCredentialId}`)]],
    read: (view) => presentText(view.annotation(issuedCredentialId)),
  },
}

/** Of the name of a service account, a part that stands between two texts. */
function whereUsernameHas(
  { kind, value }: Comparison,
  before: string,
  behind: string,
): WireFacts | undefined {
  const [ofAccount] = ofServiceAccount
  const has = (text: string): WireFacts => [[...ofAccount!, containsOne('user.username', text)]]
  switch (kind) {
    case 'equals':
      return behind === ''
        ? [[...ofAccount!, endsWithOne('user.username', before + value)]]
        : has(before + value + behind)
    case 'startswith':
      return has(before + value)
    case 'endswith':
      return has(value + behind)
    case 'contains':
      return has(value)
    case 'wildcard':
    case 'cidr':
    case 'exists':
      return undefined
    default:
      return kind satisfies never
  }
}

function extraField(key: string, since: string | undefined, meaning: string): DerivedField {
  return {
    type: 'text',
    meaning,
    ...(since === undefined ? {} : { since }),
    wherePresent: [[exists(`user.extra.${extraPrefix}${key}`)]],
    read: (view) => presentText(view.extra(extraPrefix + key)[0]),
  }
}
