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
] as const satisfies readonly SearchedField[]
const searchedNames: readonly string[] = searchedFields
export const uriText = searchedFields.indexOf('requestURI')
export const agentText = searchedFields.indexOf('userAgent')

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

/** A key of an object, also as the bytes of `"key":`, four by four, the last four overlapping those before. */
export interface Key {
  readonly name: Uint8Array
  readonly role: KeyRole
  /** Its place in `itemParts`; -1 if it is none of them. */
  readonly part: number
  readonly tokenBytes: number
  readonly words: Int32Array
  readonly lastWord: number
}

/** The keys that an apiserver writes into one object, in its order. */
export interface KeyTable {
  readonly keys: readonly Key[]
  /** The first four bytes of each key's token. */
  readonly firstWords: Int32Array
  readonly byLength: readonly (readonly number[])[]
}

/** Tokens to try before a key is looked up: optional keys in a row, and one more. */
const LOOKAHEAD = 4

/** The number of the key whose token stands at `i`, at `expected` or soon after it in the table; else -1. */
export function expectedKeyAt(
  view: DataView,
  i: number,
  stop: number,
  table: KeyTable,
  expected: number,
): number {
  if (i + 4 > stop) return -1
  const firstWord = view.getInt32(i, true)
  const firstWords = table.firstWords
  const last = Math.min(firstWords.length, expected + LOOKAHEAD)
  for (let number = expected; number < last; number++) {
    if (firstWords[number] === firstWord && hasToken(view, i, stop, table.keys[number]!)) {
      return number
    }
  }
  return -1
}

/** Whether the key's token stands at `i`, where its first word does. */
function hasToken(view: DataView, i: number, stop: number, key: Key): boolean {
  const lastWordStart = i + key.tokenBytes - 4
  if (lastWordStart + 4 > stop) return false
  if (view.getInt32(lastWordStart, true) !== key.lastWord) return false
  const words = key.words
  for (let word = 1; word < words.length; word++) {
    if (view.getInt32(i + 4 * word, true) !== words[word]) return false
  }
  return true
}

/** The number of the key whose name lies in `[start, end)`; -1 if there is none. */
export function findKey(view: DataView, start: number, end: number, table: KeyTable): number {
  for (const number of table.byLength[end - start] ?? []) {
    if (equalBytes(view, start, table.keys[number]!.name)) return number
  }
  return -1
}

export function equalBytes(view: DataView, start: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) {
    if (view.getUint8(start + i) !== expected[i]) return false
  }
  return true
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
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
export const usernameColumn = indexedFields.indexOf('user.username')

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
export const eventKind = bytesOf('Event')

function keyTable(parent: string, roles: Readonly<Record<string, KeyRole>>): KeyTable {
  const keys = Object.entries(roles).map(([name, role]) => keyOf(name, role, parent + name))
  const lengths = keys.map((key) => key.name.length)
  const byLength = Array.from({ length: 1 + Math.max(...lengths) }, (_, length) =>
    lengths.flatMap((other, number) => (other === length ? [number] : [])),
  )
  return { keys, firstWords: Int32Array.from(keys, (key) => key.words[0]!), byLength }
}

function keyOf(name: string, role: KeyRole, path: string): Key {
  const token = bytesOf(`"${name}":`)
  const view = new DataView(token.buffer)
  const words = Int32Array.from({ length: token.length >> 2 }, (_, word) =>
    view.getInt32(4 * word, true),
  )
  const lastWord = view.getInt32(token.length - 4, true)
  const part = partNames.indexOf(path)
  return { name: bytesOf(name), role, part, tokenBytes: token.length, words, lastWord }
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
    texts: roles.flatMap(([, role]) => (role.kind === 'text' ? [role.text] : [])),
    predicates: predicatesUnder(parent),
  }
}

function bitsOf(names: readonly string[]): number {
  return names.reduce((bits, name) => {
    const bytes = bytesOf(name)
    return bits | (1 << findKey(new DataView(bytes.buffer), 0, bytes.length, eventKeys))
  }, 0)
}
