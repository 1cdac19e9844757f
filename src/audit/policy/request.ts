import { pathOf } from '../request-uri.ts'
import { at, isWireObject, textOf } from '../wire.ts'
import type { AuditRequest } from './types.ts'

/** The request of a `SubjectAccessReview` spec (authorization.k8s.io/v1). Without a `user` authentication failed. */
export function requestOfAccessReview(spec: unknown): AuditRequest {
  const resource = at(spec, 'resourceAttributes')
  const nonResource = at(spec, 'nonResourceAttributes')
  const isResource = isWireObject(resource)
  const text = (key: string): string => textOf(at(resource, key))
  const user = at(spec, 'user')
  return {
    user: user === undefined || user === null ? undefined : userOf(user, at(spec, 'groups')),
    verb: isResource ? text('verb') : textOf(at(nonResource, 'verb')),
    isResource,
    apiGroup: text('group'),
    resource: text('resource'),
    subresource: text('subresource'),
    namespace: text('namespace'),
    name: text('name'),
    path: isResource ? '' : textOf(at(nonResource, 'path')),
  }
}

/**
 * The request that a recorded audit event tells of. The name of a create is left out: it came from the body, which
 * no audit policy sees.
 */
export function requestOfEvent(raw: Readonly<Record<string, unknown>>): AuditRequest {
  const reference = at(raw, 'objectRef')
  const isResource = isWireObject(reference)
  const text = (key: string): string => textOf(at(reference, key))
  const user = at(raw, 'user')
  const username = at(user, 'username')
  const verb = textOf(at(raw, 'verb'))
  const subresource = text('subresource')
  return {
    user: username === undefined ? undefined : userOf(username, at(user, 'groups')),
    verb,
    isResource,
    apiGroup: text('apiGroup'),
    resource: text('resource'),
    subresource,
    namespace: text('namespace'),
    name: verb === 'create' && subresource === '' ? '' : text('name'),
    path: isResource ? '' : pathOf(textOf(at(raw, 'requestURI'))),
  }
}

function userOf(name: unknown, groups: unknown): NonNullable<AuditRequest['user']> {
  return { name: textOf(name), groups: Array.isArray(groups) ? groups.map(textOf) : [] }
}
