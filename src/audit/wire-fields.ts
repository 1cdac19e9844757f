import type { DerivedField } from './derived/field.ts'

/** A field of `audit.k8s.io/v1` (apiserver `pkg/apis/audit/v1/types.go`), for people and for those who check rules. */
export type WireField = Pick<DerivedField, 'type' | 'isList' | 'meaning' | 'since'>

/** One that ends in `.*` has keys or a shape of its own below it. */
export const wireFields: Readonly<Record<string, WireField>> = {
  kind: text('`Event`, in log files; the webhook leaves it out.'),
  apiVersion: text('`audit.k8s.io/v1`, in log files; the webhook leaves it out.'),
  level: text(
    'The audit level that the audit policy chose: `Metadata`, `Request`, `RequestResponse`.',
  ),
  auditID: text(
    'What the stages of a request have in common. Clients can choose it: see `requestId`.',
  ),
  stage: text('`RequestReceived`, `ResponseStarted`, `ResponseComplete` or `Panic`.'),
  requestURI: text('Path and query as they came, percent-encoded; not limited in length.'),
  verb: text(
    'get, list, watch, create, update, patch, delete, deletecollection; of paths that are no resource the HTTP method; empty for unknown ones.',
  ),
  ...userFields('user', 'the authenticated user', 'Empty when authentication failed.'),
  ...userFields(
    'impersonatedUser',
    'the user that the request ran as',
    'Absent when nobody was impersonated, or when that was refused.',
  ),
  'authenticationMetadata.impersonationConstraint': {
    type: 'text',
    since: '1.35',
    meaning: 'The mode by which constrained impersonation was allowed.',
  },
  sourceIPs: list(
    'Addresses claimed by headers, then that of the peer: see `peerIp` and `claimedIps`.',
  ),
  userAgent: text('What the client calls itself, cut at 1,024 bytes; absent when it says nothing.'),
  'objectRef.resource': text('The resource in the plural: `pods`.'),
  'objectRef.namespace': text('The namespace; of a namespace its own name.'),
  'objectRef.name': text(
    'The name of the object; absent for collections, and at creation when the server makes the name up.',
  ),
  'objectRef.uid': text('The uid of the object, when the request names it.'),
  'objectRef.apiGroup': text('The API group; absent for the core group.'),
  'objectRef.apiVersion': text('The version of the API.'),
  'objectRef.resourceVersion': text('The version of the object, when the request names it.'),
  'objectRef.subresource': text('The subresource: `exec`, `status`, `token`.'),
  'responseStatus.status': text('`Failure`, or `Success` of a delete.'),
  'responseStatus.message': text(
    'What the server says of a failure; present at level Metadata too.',
  ),
  'responseStatus.reason': text('The kind of the failure: `Forbidden`, `NotFound`.'),
  'responseStatus.code': { type: 'number', meaning: 'The HTTP status. See `outcome`.' },
  'responseStatus.details.*': any('What the failure is about.'),
  'responseStatus.metadata.*': any('The metadata of the status.'),
  requestObject: any('The body of the request: an object, or the list of a JSON patch.'),
  'requestObject.*': any('What is in the body of the request.'),
  responseObject: any('The body of the response.'),
  'responseObject.*': any('What is in the body of the response.'),
  requestReceivedTimestamp: text('When the request came, RFC 3339 with six decimals.'),
  stageTimestamp: text('When this stage was reached.'),
  'annotations.*': text(
    'What parts of the API server noted: `annotations.authorization.k8s.io/decision`.',
  ),
}

function userFields(parent: string, who: string, note: string): Record<string, WireField> {
  return {
    [parent]: { type: 'object', meaning: `All of ${who}. ${note}` },
    [`${parent}.username`]: text(`The name of ${who}.`),
    [`${parent}.uid`]: text(`The uid of ${who}, if the authenticator gives one.`),
    [`${parent}.groups`]: list(`The groups of ${who}.`),
    [`${parent}.extra.*`]: list(`What the authenticator adds to ${who}.`),
  }
}

function text(meaning: string): WireField {
  return { type: 'text', meaning }
}

function list(meaning: string): WireField {
  return { type: 'text', isList: true, meaning }
}

function any(meaning: string): WireField {
  return { type: 'any', meaning }
}
