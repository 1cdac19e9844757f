import { derivedFieldOf, derivedFields } from './derived/table.ts'
import { wireFields } from './wire-fields.ts'

/** The levels at which the API server records a request, each with all that the one before it has. */
export type RecordedLevel = 'Metadata' | 'Request' | 'RequestResponse'

/**
 * The fields that an event may have, for those who check rules. One that ends in `.*` has keys or a shape of its own
 * below it; one that ends in a dot takes a name.
 */
export const knownFields: readonly string[] = [
  ...Object.keys(wireFields),
  ...Object.keys(derivedFields),
]

/** The fields, and all below them, that Metadata does not carry (apiserver `pkg/audit/context.go`). */
const richerFields: readonly (readonly [string, RecordedLevel])[] = [
  ['requestObject', 'Request'],
  ['annotations.patch.webhook.admission.k8s.io/', 'Request'],
  ['responseObject', 'RequestResponse'],
]

/** The least audit level at which the API server records a field, or what a derived field is read from. */
export function auditLevelOf(path: string): RecordedLevel {
  const derived = derivedFieldOf(path)
  if (derived !== undefined) return derived.auditLevel ?? 'Metadata'
  const found = richerFields.find(
    ([field]) => path === field || path.startsWith(field.endsWith('/') ? field : `${field}.`),
  )
  return found?.[1] ?? 'Metadata'
}

const openFields =
  /^(?:(?:request|response)Object|responseStatus\.(?:details|metadata)|(?:user|impersonatedUser)\.extra)(?:\.|$)/

/** True for a known field that has one value at most. */
export function isSingleValued(path: string): boolean {
  const derived = derivedFieldOf(path)
  if (derived !== undefined) return derived.isList !== true
  if (openFields.test(path)) return false
  if (path.startsWith('annotations.')) return true
  return Object.hasOwn(wireFields, path) && wireFields[path]?.isList !== true
}
