import type { CredentialStory } from '../../contracts.ts'
import type { DerivedField } from './field.ts'

/** What is remembered of credentials, as far as it is out of the ordinary. */
export const credentialFields: Readonly<Record<string, DerivedField>> = {
  'credential.place': told(
    'place',
    { type: 'text', isList: true },
    'Where the credential was used, as far as that is unusual: `first`, `new`, `elsewhere`, `otherNode`, `otherPod`.',
  ),
  'credential.otherAddresses': told(
    'otherAddresses',
    { type: 'text', isList: true },
    'The other addresses at which the holder of the credential is at work.',
  ),
  'credential.networks': told(
    'networks',
    { type: 'number' },
    'In how many networks the holder of the credential is at work at the same time, from 2.',
  ),
  'credential.otherClients': told(
    'otherClients',
    { type: 'text', isList: true },
    'The clients (products of user agents) of the holder of the credential, when this one is new.',
  ),
  'credential.issuedBy': told(
    'issuedBy',
    { type: 'text' },
    'Who requested the token, unless it was its own account or a component that provides tokens.',
  ),
  'credential.isAwayFromIssuer': told(
    'isAwayFromIssuer',
    { type: 'boolean' },
    'True when the token is used from another network than the one it was requested from; absent otherwise.',
  ),
  'credential.goneBecause': told(
    'goneBecause',
    { type: 'text' },
    'What was deleted that the credential belonged to: `pod`, `account`, `secret`. On 401: of one used at this address.',
  ),
  'credential.secondsAfterDeletion': told(
    'secondsAfterDeletion',
    { type: 'number' },
    'How long before the request that was deleted.',
  ),
  'credential.accountsAtAddress': told(
    'accountsAtAddress',
    { type: 'number' },
    'How many service accounts that do not belong there are used at this address with one client, from 2.',
  ),
}

function told(
  key: keyof CredentialStory,
  shape: Pick<DerivedField, 'type' | 'isList'>,
  meaning: string,
): DerivedField {
  return {
    ...shape,
    meaning,
    isRemembered: true,
    read: ({ event }) => {
      const value = event.credential?.[key]
      if (value === undefined) return undefined
      // An array is a list of texts; its type is lost to `Array.isArray` because it is readonly.
      return Array.isArray(value) ? (value as readonly unknown[]) : [value]
    },
  }
}
