import { pathOf } from '../../audit/request-uri.ts'
import { at, isWireObject, textOf, type WireObject } from '../../audit/wire.ts'
import type { AccessRequest } from './access.ts'
import { hintsOf } from './hints.ts'
import { type Impersonation, refusedImpersonation } from './impersonation.ts'
import { type Outcome, outcomeOf } from './outcome.ts'

/** Who asked, as an event names them. */
export interface Asker {
  readonly user: string
  readonly groups: readonly string[]
  /** `key=value` of the extras by which a cloud provider tells its own identities. */
  readonly identities: readonly string[]
}

/** The part of one event that permissions depend on, without its time and id. */
export interface AccessEvent {
  /** The authenticated user; undefined when authentication failed. */
  readonly caller: Asker | undefined
  readonly impersonation: Impersonation | undefined
  readonly request: AccessRequest
  /** Undefined when no permission was asked for. */
  readonly outcome: Outcome | undefined
  /** The refused request is the one to impersonate, not the one that the event is about. */
  readonly refused: AccessRequest | undefined
  readonly hasDecision: boolean
  readonly reason: string
  readonly isCreated: boolean
  readonly hints: readonly string[]
}

/** Extras that name an identity elsewhere; others hold ids of tokens and pods, or assertions, which are secrets. */
const identityKeys = ['arn', 'canonicalArn', 'sessionName', 'principalId', 'oid', 'upn']

export function readAccessEvent(raw: WireObject): AccessEvent {
  const annotations = at(raw, 'annotations')
  const status = at(raw, 'responseStatus')
  const request = requestOf(raw)
  const event = answeredEvent(askerOf(at(raw, 'user')), request, {
    decision: textOf(at(annotations, 'authorization.k8s.io/decision')),
    reason: textOf(at(annotations, 'authorization.k8s.io/reason')),
    code: codeOf(at(status, 'code')),
    message: textOf(at(status, 'message')),
  })
  const impersonation = impersonationOf(raw)
  const hints = event.outcome === 'used' ? hintsOf(raw, request) : []
  return { ...event, ...(impersonation && { impersonation }), hints }
}

/** What the API server answered to a request. */
export interface AnswerSeen {
  readonly decision: string
  readonly reason: string
  readonly code: number
  readonly message: string
}

/** The event of a request and its answer: of nobody's acting as another, and without hints. */
export function answeredEvent(
  caller: Asker | undefined,
  request: AccessRequest,
  { decision, reason, code, message }: AnswerSeen,
): AccessEvent {
  const isRefusal = decision === '' && code === 403
  return {
    caller,
    impersonation: undefined,
    request,
    outcome: outcomeOf({ decision, reason, code, hasUser: caller !== undefined }),
    refused: isRefusal ? refusedImpersonation(message) : undefined,
    hasDecision: decision !== '',
    reason: decision === 'allow' ? reason : '',
    isCreated: code === 201 && (request.verb === 'update' || request.verb === 'patch'),
    hints: [],
  }
}

/** The effective user, as it stands in the profile. */
export function effectiveAsker({ caller, impersonation }: AccessEvent): Asker | undefined {
  if (impersonation === undefined) return caller
  return { user: impersonation.user, groups: impersonation.groups, identities: [] }
}

function codeOf(value: unknown): number {
  const code = typeof value === 'string' ? Number(value) : value
  return typeof code === 'number' && Number.isInteger(code) ? code : 0
}

export function askerOf(user: unknown): Asker | undefined {
  const name = textOf(at(user, 'username'))
  if (name === '') return undefined
  const extra = at(user, 'extra')
  const identities = identityKeys.flatMap((key) =>
    textsOf(at(extra, key)).map((value) => `${key}=${value}`),
  )
  return { user: name, groups: textsOf(at(user, 'groups')), identities }
}

function impersonationOf(raw: WireObject): Impersonation | undefined {
  const user = at(raw, 'impersonatedUser')
  const name = textOf(at(user, 'username'))
  if (name === '') return undefined
  const extra = at(user, 'extra')
  return {
    user: name,
    uid: textOf(at(user, 'uid')),
    groups: textsOf(at(user, 'groups')),
    extra: isWireObject(extra)
      ? Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, textsOf(values)]))
      : {},
    constraint: textOf(at(at(raw, 'authenticationMetadata'), 'impersonationConstraint')),
  }
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : []
}

function requestOf(raw: WireObject): AccessRequest {
  const reference = at(raw, 'objectRef')
  const verb = textOf(at(raw, 'verb'))
  const uri = textOf(at(raw, 'requestURI'))
  if (!isWireObject(reference)) return pathRequest(verb, uri)
  const text = (key: string): string => textOf(at(reference, key))
  return resourceRequest(verb, uri, {
    apiGroup: text('apiGroup'),
    resource: text('resource'),
    subresource: text('subresource'),
    namespace: text('namespace'),
    name: text('name'),
  })
}

/** `objectRef` of an event, as far as it matters. */
export type ReferenceSeen = Pick<
  AccessRequest,
  'apiGroup' | 'resource' | 'subresource' | 'namespace' | 'name'
>

/**
 * The request as the authorizer saw it. An event fills in names and namespaces from bodies, which no authorizer reads: the
 * name of a create, and a namespace that the URL lacks.
 */
export function resourceRequest(
  verb: string,
  uri: string,
  reference: ReferenceSeen,
): AccessRequest {
  const { namespace, subresource } = reference
  const isOfBody = verb === 'create' && namespace !== '' && isOutsideNamespaces(uri)
  return {
    verb,
    isResource: true,
    ...reference,
    namespace: isOfBody ? '' : namespace,
    name: isNameless(verb, subresource) ? '' : reference.name,
    path: '',
  }
}

/** No name is asked for, whatever the event says. */
export function isNameless(verb: string, subresource: string): boolean {
  return verb === 'deletecollection' || (verb === 'create' && subresource === '')
}

export function pathRequest(verb: string, uri: string): AccessRequest {
  const none = { apiGroup: '', resource: '', subresource: '', namespace: '', name: '' }
  return { verb, isResource: false, ...none, path: pathOf(uri) }
}

export function isOutsideNamespaces(uri: string): boolean {
  return uri !== '' && !uri.includes('/namespaces/')
}
