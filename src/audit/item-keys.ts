import type { IndexedField, SearchedField } from '../contracts.ts'
import { annotationKeyBit } from './annotation-families.ts'
import { predicatesOn, predicatesUnder } from './known-predicates.ts'

/** The indexed fields in the order of their columns, in memory and in stored batches. Append only. */
export const indexedFields = [
  'verb',
  'stage',
  'objectRef.apiGroup',
  'objectRef.resource',
  'objectRef.subresource',
  'user.username',
  'impersonatedUser.username',
  'responseStatus.code',
] as const satisfies readonly IndexedField[]

/** The searched fields in the order of their columns, which follow those of the indexed ones. Append only. */
export const searchedFields = [
  'requestURI',
  'userAgent',
  'objectRef.name',
  'objectRef.namespace',
  'user.username',
] as const satisfies readonly SearchedField[]
const searchedNames: readonly string[] = searchedFields

/** Values that recur from event to event, and what else there is to know of them. */
export const recurring = { user: 0, sourceIPs: 1, userAgent: 2, reason: 3 } as const
export type Recurring = (typeof recurring)[keyof typeof recurring]

/** What the scanner does with the value of a key. */
export type KeyRole =
  | { readonly kind: 'skip' | 'annotations' | 'uri' | 'kind' | 'auditId' | 'time' }
  | { readonly kind: 'body'; readonly predicates: number }
  | { readonly kind: 'annotation'; readonly bit: number; readonly isReason: boolean }
  | { readonly kind: 'column'; readonly column: number }
  /** By the place in `searchedFields`. */
  | { readonly kind: 'text'; readonly text: number }
  | { readonly kind: 'recurring'; readonly which: Recurring }
  /** `user.username` and `user.groups`. */
  | { readonly kind: 'username' | 'groups' }
  /** That the key is there is a predicate; or that it is makes one doubtful. */
  | { readonly kind: 'present' | 'doubtful'; readonly predicates: number }
  | ObjectRole

export interface ObjectRole {
  readonly kind: 'object'
  readonly keys: KeyTable
  readonly columns: readonly number[]
  readonly texts: readonly number[]
  /** Predicates on what is in it. */
  readonly predicates: number
}

export interface Key {
  readonly name: string
  readonly role: KeyRole
  /** Its place in `itemParts`; -1 if it is none of them. */
  readonly part: number
}

/** The keys that an apiserver writes into one object, in its order. */
export interface KeyTable {
  readonly keys: readonly Key[]
}

/** Values whose places a split can note, for who reads a few fields of every event without decoding it. */
export const itemParts = [
  'level',
  'auditID',
  'stage',
  'requestURI',
  'verb',
  'user',
  'impersonatedUser',
  'authenticationMetadata',
  'objectRef',
  'objectRef.resource',
  'objectRef.namespace',
  'objectRef.name',
  'objectRef.apiGroup',
  'objectRef.subresource',
  'responseStatus.code',
  'requestObject',
  'stageTimestamp',
  'annotations',
  'annotations.authorization.k8s.io/decision',
  'annotations.authorization.k8s.io/reason',
] as const
export type ItemPart = (typeof itemParts)[number]
const partNames: readonly string[] = itemParts

const skip: KeyRole = { kind: 'skip' }

const podName = 'authentication.kubernetes.io/pod-name'
const onPodName = predicatesOn(`user.extra.${podName}`)

/** What a service account's token says of itself; then keys that a path to one of these may lead through. */
export const extraKeys = keyTable('user.extra.', {
  'authentication.kubernetes.io/credential-id': skip,
  'authentication.kubernetes.io/node-name': skip,
  'authentication.kubernetes.io/node-uid': skip,
  [podName]: { kind: 'present', predicates: onPodName },
  'authentication.kubernetes.io/pod-uid': skip,
  authentication: { kind: 'doubtful', predicates: onPodName },
  'authentication.kubernetes': { kind: 'doubtful', predicates: onPodName },
})

/** The authenticated user. */
export const userRole = objectRole('user', ['username', 'uid', 'groups', 'extra'], {
  username: { kind: 'username' },
  groups: { kind: 'groups' },
  extra: { kind: 'object', keys: extraKeys, columns: [], texts: [], predicates: onPodName },
})

/** An event as `audit.k8s.io/v1` orders it, then what only older versions have. */
export const eventKeys = keyTable('', {
  kind: { kind: 'kind' },
  apiVersion: skip,
  level: skip,
  auditID: { kind: 'auditId' },
  stage: columnRole('stage'),
  requestURI: { kind: 'uri' },
  verb: columnRole('verb'),
  user: { kind: 'recurring', which: recurring.user },
  impersonatedUser: objectRole('impersonatedUser', ['username', 'uid', 'groups', 'extra']),
  authenticationMetadata: skip,
  sourceIPs: { kind: 'recurring', which: recurring.sourceIPs },
  userAgent: { kind: 'recurring', which: recurring.userAgent },
  objectRef: objectRole('objectRef', [
    'resource',
    'namespace',
    'name',
    'uid',
    'apiGroup',
    'apiVersion',
    'resourceVersion',
    'subresource',
  ]),
  responseStatus: objectRole('responseStatus', [
    'metadata',
    'status',
    'message',
    'reason',
    'details',
    'code',
  ]),
  requestObject: { kind: 'body', predicates: predicatesOn('requestObject') },
  responseObject: { kind: 'body', predicates: predicatesOn('responseObject') },
  requestReceivedTimestamp: skip,
  stageTimestamp: { kind: 'time' },
  annotations: { kind: 'annotations' },
  metadata: skip,
  timestamp: skip,
})

/** The annotations that nearly every event has: hashed once. */
export const annotationKeys = keyTable('annotations.', {
  'authorization.k8s.io/decision': annotationRole('authorization.k8s.io/decision'),
  'authorization.k8s.io/reason': annotationRole('authorization.k8s.io/reason'),
})

/** At least one of these makes an object an event. */
export const eventOwnKeys = ['auditID', 'stage', 'verb', 'requestURI']
/** The same as a bit for each key by its number in `eventKeys`. */
export const eventBits = bitsOf(eventOwnKeys)
/** An object with both is surely an event. */
export const sureEventBits = bitsOf(['auditID', 'stage'])

function keyTable(parent: string, roles: Readonly<Record<string, KeyRole>>): KeyTable {
  const keys = Object.entries(roles).map(([name, role]) => ({
    name,
    role,
    part: partNames.indexOf(parent + name),
  }))
  return { keys }
}

function annotationRole(key: string): KeyRole {
  const isReason = predicatesOn(`annotations.${key}`) !== 0
  return { kind: 'annotation', bit: annotationKeyBit(key), isReason }
}

function columnRole(field: IndexedField): KeyRole {
  return { kind: 'column', column: indexedFields.indexOf(field) }
}

function objectRole(
  parent: string,
  names: readonly string[],
  special: Readonly<Record<string, KeyRole>> = {},
): ObjectRole {
  const roles = names.map((name): [string, KeyRole] => {
    const field = indexedFields.find((other) => other === `${parent}.${name}`)
    const text = searchedNames.indexOf(`${parent}.${name}`)
    const plain: KeyRole = text < 0 ? skip : { kind: 'text', text }
    return [name, special[name] ?? (field === undefined ? plain : columnRole(field))]
  })
  return {
    kind: 'object',
    keys: keyTable(`${parent}.`, Object.fromEntries(roles)),
    columns: roles.flatMap(([, role]) =>
      role.kind === 'column'
        ? [role.column]
        : role.kind === 'username'
          ? [indexedFields.indexOf('user.username')]
          : [],
    ),
    texts: roles.flatMap(([, role]) =>
      role.kind === 'text'
        ? [role.text]
        : role.kind === 'username'
          ? [searchedNames.indexOf('user.username')]
          : [],
    ),
    predicates: predicatesUnder(parent),
  }
}

/** A bit for each key of an event by its number. */
function bitsOf(names: readonly string[]): number {
  return names.reduce(
    (bits, name) => bits | (1 << eventKeys.keys.findIndex((key) => key.name === name)),
    0,
  )
}
