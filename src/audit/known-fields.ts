import { derivedFields } from './derived.ts'

/** The levels at which the API server records a request, each with all that the one before it has. */
export type RecordedLevel = 'Metadata' | 'Request' | 'RequestResponse'

/**
 * The fields that an event may have, for those who check rules. One that ends in `.*` has keys or a shape of its own
 * below it; one that ends in a dot takes a name.
 */
export const knownFields: readonly string[] = [
  'kind',
  'apiVersion',
  'level',
  'auditID',
  'stage',
  'requestURI',
  'verb',
  ...userFields('user'),
  ...userFields('impersonatedUser'),
  'authenticationMetadata.impersonationConstraint',
  'sourceIPs',
  'userAgent',
  'objectRef.resource',
  'objectRef.namespace',
  'objectRef.name',
  'objectRef.uid',
  'objectRef.apiGroup',
  'objectRef.apiVersion',
  'objectRef.resourceVersion',
  'objectRef.subresource',
  'responseStatus.status',
  'responseStatus.message',
  'responseStatus.reason',
  'responseStatus.code',
  'responseStatus.details.*',
  'responseStatus.metadata.*',
  'requestObject',
  'requestObject.*',
  'responseObject',
  'responseObject.*',
  'requestReceivedTimestamp',
  'stageTimestamp',
  'annotations.*',
  ...Object.keys(derivedFields),
]

function userFields(parent: string): string[] {
  return ['', '.username', '.uid', '.groups', '.extra.*'].map((name) => parent + name)
}

/** The fields, and all below them, that Metadata does not carry (apiserver `pkg/audit/context.go`). */
const richerFields: readonly (readonly [string, RecordedLevel])[] = [
  ['requestObject', 'Request'],
  ['annotations.patch.webhook.admission.k8s.io/', 'Request'],
  ['responseObject', 'RequestResponse'],
]

/** The least audit level at which the API server records a field, or what a derived field is read from. */
export function auditLevelOf(path: string): RecordedLevel {
  const derived = Object.hasOwn(derivedFields, path) ? derivedFields[path]?.auditLevel : undefined
  const found = richerFields.find(
    ([field]) => path === field || path.startsWith(field.endsWith('/') ? field : `${field}.`),
  )
  return derived ?? found?.[1] ?? 'Metadata'
}

const listFields = [
  'sourceIPs',
  'claimedIps',
  'user.groups',
  'impersonatedUser.groups',
  'credential.place',
  'credential.otherAddresses',
  'credential.otherClients',
]
const openFields =
  /^(?:(?:request|response)Object|responseStatus\.(?:details|metadata)|(?:user|impersonatedUser)\.extra|requestQuery)(?:\.|$)/

/** True for a known field that has one value at most. */
export function isSingleValued(path: string): boolean {
  if (listFields.includes(path) || openFields.test(path)) return false
  return path.startsWith('annotations.') || knownFields.includes(path)
}
