import { pathOf } from '../audit/request-uri.ts'
import { at, isWireObject, textOf } from '../audit/wire.ts'
import type { RequestBox } from './request-box.ts'
import { requestTraits } from './request-box.ts'
import { holdsText } from './text-set.ts'

/** What an audit policy looks at in a request. Absent is the empty text; without a user, authentication failed. */
export interface AuditedRequest {
  readonly user: string | undefined
  readonly groups: readonly string[]
  readonly verb: string
  readonly isResource: boolean
  readonly apiGroup: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly path: string
}

/** The request of an event. The name of a create may be that of its body, which an audit policy does not know: it is left out. */
export function requestOf(raw: Readonly<Record<string, unknown>>): AuditedRequest {
  const user = at(raw, 'user')
  const groups = at(user, 'groups')
  const reference = at(raw, 'objectRef')
  const isResource = isWireObject(reference)
  const text = (key: string): string => (isResource ? textOf(at(reference, key)) : '')
  const verb = textOf(at(raw, 'verb'))
  const subresource = text('subresource')
  return {
    user: textOf(at(user, 'username')) || undefined,
    groups: Array.isArray(groups) ? groups.map(textOf) : [],
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

export function holdsRequest(box: RequestBox, request: AuditedRequest): boolean {
  if (box.isAuthenticated !== (request.user !== undefined)) return false
  if (box.isResource !== request.isResource) return false
  const { groups } = request
  return (
    requestTraits.every((trait) => holdsText(box.traits[trait], request[trait] ?? '')) &&
    box.oneOfGroups.every((wanted) => wanted.some((group) => groups.includes(group))) &&
    !box.noGroups.some((group) => groups.includes(group))
  )
}
