import { derivedFields } from './derived.ts'

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
