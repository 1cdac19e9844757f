import { admissionFields } from './admission-fields.ts'
import { certificateFields } from './certificate-fields.ts'
import { clientFields } from './client-fields.ts'
import { credentialFields } from './credential-fields.ts'
import { dataFields } from './data-fields.ts'
import type { DerivedField, ReadDerived } from './field.ts'
import { grantFields } from './grant-fields.ts'
import { identityFields } from './identity-fields.ts'
import { objectFields } from './object-fields.ts'
import { outcomeFields } from './outcome-fields.ts'
import { podFields } from './pod-fields.ts'
import { rbacFields } from './rbac-fields.ts'
import { requestFields } from './request-fields.ts'
import type { WireFacts } from './wire-fact.ts'

/** By bare names that no key of an event has; one that ends in a dot takes a name behind it. */
export const derivedFields: Readonly<Record<string, DerivedField>> = {
  ...identityFields,
  ...credentialFields,
  ...clientFields,
  ...requestFields,
  ...outcomeFields,
  ...grantFields,
  ...admissionFields,
  ...objectFields,
  ...podFields,
  ...rbacFields,
  ...certificateFields,
  ...dataFields,
}

/** The derived field of a path, or undefined when the wire has to be read. */
export function derivedFieldOf(path: string): DerivedField | undefined {
  return Object.hasOwn(derivedFields, path)
    ? derivedFields[path]
    : derivedFields[prefixOf(path) ?? '']
}

/** How the derived field of a path is read; undefined when the wire has to be read. */
export function findDerivedField(path: string): ReadDerived | undefined {
  const field = derivedFieldOf(path)
  if (field === undefined || 'read' in field) return field?.read
  return field.bind(nameIn(path))
}

/** What is known of the wire where the derived field of a path is there; undefined when nothing is. */
export function factsWherePresent(path: string): WireFacts | undefined {
  const field = derivedFieldOf(path)
  const named =
    field !== undefined && 'bind' in field ? field.whereNamed?.(nameIn(path)) : undefined
  return named ?? field?.wherePresent
}

function nameIn(path: string): string {
  return path.slice(path.indexOf('.') + 1)
}

/** Whether a field is absent on every event of which nothing unusual is remembered. */
export function isRememberedField(path: string): boolean {
  return derivedFieldOf(path)?.isRemembered === true
}

/** The name of a field that takes a name: what stands before the first dot, with it. */
function prefixOf(path: string): string | undefined {
  const prefix = path.slice(0, path.indexOf('.') + 1)
  return prefix !== '' && Object.hasOwn(derivedFields, prefix) ? prefix : undefined
}
