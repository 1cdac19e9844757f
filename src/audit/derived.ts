import type { AuditEvent, CredentialStory } from '../contracts.ts'
import { pathOf, queryValuesOf } from './request-uri.ts'
import { at } from './wire.ts'

export interface DerivedField {
  /** One sentence for the reference of fields. */
  readonly description: string
  /** The least audit level that carries what it is read from; Metadata if not said. */
  readonly auditLevel?: 'Request' | 'RequestResponse'
  /** It is of what was remembered, and absent where there is nothing unusual to tell. */
  readonly isRemembered?: true
  /** As of `FieldReader.read`. `name` is what follows the dot, for fields that have one. */
  readonly read: (event: AuditEvent, name: string) => readonly unknown[] | undefined
}

/** Fields that the wire does not have, by bare names that no key of an event has; the one that ends in a dot takes a name. */
export const derivedFields: Readonly<Record<string, DerivedField>> = {
  peerIp: {
    description: 'The last of sourceIPs: the only address that the client cannot choose.',
    read: (event) => presentText(event.peerIp),
  },
  claimedIps: {
    description: 'The other sourceIPs, as headers claimed them; absent if there are none.',
    read: (event) => presentValues(event.claimedIps),
  },
  actor: {
    description: 'The authenticated user; absent when authentication failed.',
    read: (event) => presentText(event.actor),
  },
  effectiveUser: {
    description: 'The impersonated user, or the actor if there is none.',
    read: (event) => presentText(event.effectiveUser),
  },
  requestPath: {
    description: 'The path of requestURI, percent-decoded.',
    read: (event) => {
      const uri = requestUriOf(event)
      return uri === undefined ? undefined : [pathOf(uri)]
    },
  },
  'requestQuery.': {
    description: 'The decoded values of one query parameter of requestURI.',
    read: (event, name) => presentValues(queryValuesOf(requestUriOf(event) ?? '', name)),
  },
  execCommand: {
    description: 'The command of an exec or attach into a pod, its words joined by spaces.',
    read: (event) => {
      const uri = requestUriOf(event) ?? ''
      if (!execPath.test(pathOf(uri))) return undefined
      const words = queryValuesOf(uri, 'command')
      return words.length === 0 ? undefined : [words.join(' ')]
    },
  },
  isCreate: {
    description: 'Whether an object is made: verb create, or a patch or update answered with 201.',
    read: (event) => [isCreate(event)],
  },
  isDryRun: {
    description: 'Whether the request asked for nothing to be stored.',
    read: (event) => [
      queryValuesOf(requestUriOf(event) ?? '', 'dryRun').some((value) => value !== ''),
    ],
  },
  'credential.place': told(
    'place',
    'Where the credential was used, as far as that is unusual: first, new, elsewhere, otherNode, otherPod.',
  ),
  'credential.otherAddresses': told(
    'otherAddresses',
    'The other addresses at which the holder of the credential is at work.',
  ),
  'credential.networks': told(
    'networks',
    'In how many networks the holder of the credential is at work at the same time, from 2.',
  ),
  'credential.otherClients': told(
    'otherClients',
    'The clients (products of user agents) of the holder of the credential, when this one is new.',
  ),
  'credential.issuedBy': told(
    'issuedBy',
    'Who requested the token, unless it was its own account or a component that provides tokens.',
  ),
  'credential.isAwayFromIssuer': told(
    'isAwayFromIssuer',
    'True when the token is used from another network than the one it was requested from.',
  ),
  'credential.goneBecause': told(
    'goneBecause',
    'What was deleted that the credential belonged to: pod, account, secret. On 401: of one used at this address.',
  ),
  'credential.secondsAfterDeletion': told(
    'secondsAfterDeletion',
    'How long before the request that was deleted.',
  ),
  'credential.accountsAtAddress': told(
    'accountsAtAddress',
    'How many service accounts that do not belong there are used at this address with one client, from 2.',
  ),
}

/** A field of what is remembered of credentials. */
function told(key: keyof CredentialStory, description: string): DerivedField {
  return {
    description,
    isRemembered: true,
    read: ({ credential }) => {
      const value = credential?.[key]
      if (value === undefined) return undefined
      // An array is a list of texts; its type is lost to `Array.isArray` because it is readonly.
      return Array.isArray(value) ? (value as readonly unknown[]) : [value]
    },
  }
}

const PARAMETER_PREFIX = 'requestQuery.'
const execPath = /^\/api\/v1\/namespaces\/[^/]+\/pods\/[^/]+\/(?:exec|attach)\/?$/

/** The derived field of a path, bound to its name, or undefined when the wire has to be read. */
export function findDerivedField(
  path: string,
): ((event: AuditEvent) => readonly unknown[] | undefined) | undefined {
  const isParameter = path.startsWith(PARAMETER_PREFIX)
  const key = isParameter ? PARAMETER_PREFIX : path
  const field = Object.hasOwn(derivedFields, key) ? derivedFields[key] : undefined
  if (field === undefined) return undefined
  const name = isParameter ? path.slice(PARAMETER_PREFIX.length) : ''
  return (event) => field.read(event, name)
}

/** Whether a field is absent on every event of which nothing unusual is remembered. */
export function isRememberedField(path: string): boolean {
  return Object.hasOwn(derivedFields, path) && derivedFields[path]?.isRemembered === true
}

function isCreate({ raw }: AuditEvent): boolean {
  const subresource = at(at(raw, 'objectRef'), 'subresource')
  if (subresource !== undefined && subresource !== null && subresource !== '') return false
  const verb = at(raw, 'verb')
  if (verb === 'create') return true
  const code = at(at(raw, 'responseStatus'), 'code')
  return (verb === 'patch' || verb === 'update') && (code === 201 || code === '201')
}

function requestUriOf({ raw }: AuditEvent): string | undefined {
  const uri = at(raw, 'requestURI')
  return typeof uri === 'string' ? uri : undefined
}

function presentText(text: string): readonly string[] | undefined {
  return text === '' ? undefined : [text]
}

function presentValues(values: readonly string[]): readonly string[] | undefined {
  return values.length === 0 ? undefined : values
}
