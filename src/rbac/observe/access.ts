import type { AuditRequest } from '../../audit/policy/types.ts'
import type { Outcome } from './outcome.ts'

/** What RBAC is asked: a verb on a resource, or on a path. Whoever asks is not part of it. */
export type AccessRequest = Omit<AuditRequest, 'user'>

/** What the requests of a shape have in common; they differ in namespace and name only. */
export interface AccessShapeKey extends Omit<AccessRequest, 'namespace' | 'name'> {
  readonly outcome: Outcome
  /** `impersonation`: asked by the API server itself, before it let somebody act as another. */
  readonly origin: 'request' | 'impersonation'
}

/** One distinct request of a subject, as often as it was made. */
export interface ObservedAccess extends AccessShapeKey {
  /** Null: in more namespaces than are told apart. */
  readonly namespace: string | null
  /** Null: by more names than are told apart. Empty: by none. */
  readonly name: string | null
  /** Once per request, not per stage. */
  readonly requests: number
  /** Of them, updates and patches that made the object. */
  readonly created: number
  readonly firstSeenUs: number
  readonly lastSeenUs: number
  /** Audit ids of the first and of the last one. */
  readonly samples: readonly string[]
  /** The reasons that the API server gave; the first four in their order as text. */
  readonly reasons: readonly string[]
  /** What bodies told of permissions that no event names, for `parseHint`. */
  readonly hints: readonly string[]
}

/** Longer ones name nothing that exists; they are cut, and grant nothing. */
export const maxTextLength = 253
export const maxPathLength = 1024
export const cutMark = '…'

export function bounded(text: string, max: number = maxTextLength): string {
  return text.length <= max ? text : text.slice(0, max) + cutMark
}
