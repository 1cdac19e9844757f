import { eventKeyOf } from './event-keys.ts'
import { rolesOf, SECRETIVE_KIND } from './roles.ts'
import { isSecretiveKind } from './shapes.ts'

/** Above the roles of a key stands which key of an event it is. */
const eventKeyShift = 16

/** All that a key means, unescaped and as a byte string, in one number: its roles, and which key of an event it is. */
export function meaningOfKey(key: string): number {
  return rolesOf(key) | (eventKeyOf(key) << eventKeyShift)
}

/** The part of a meaning that `eventKeyOf` gives. */
export function eventKeyIn(meaning: number): number {
  return meaning >>> eventKeyShift
}

/** What is said of an object by its kind, likewise. */
export function markOfKind(kind: string): number {
  return isSecretiveKind(kind) ? SECRETIVE_KIND : 0
}
