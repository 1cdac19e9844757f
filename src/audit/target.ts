import type { AlertTarget, AuditEvent } from '../contracts.ts'
import { at, isWireObject } from './wire.ts'

/** What the request was about, from `objectRef`; empty for paths that are no resource. The core group, which the wire leaves out, is `''`. */
export function targetOf(event: AuditEvent): AlertTarget {
  const reference = at(event.raw, 'objectRef')
  if (!isWireObject(reference)) return {}
  const target: Record<string, string> = {}
  for (const key of ['apiGroup', 'resource', 'subresource', 'namespace', 'name'] as const) {
    const value = at(reference, key)
    if (typeof value === 'string' && value !== '') target[key] = value
    else if (key === 'apiGroup') target[key] = ''
  }
  return target
}
