import { at, isWireObject, textOf, type WireObject } from '../../audit/wire.ts'
import { textKey } from '../../util/text-key.ts'
import type { AccessRequest } from '../observe/access.ts'

/** A request as audit2rbac takes it from an event. */
export interface AuditedRequest extends AccessRequest {
  readonly apiVersion: string
  readonly groups: readonly string[]
}

/**
 * The request of an event of the user, whatever its stage and outcome; undefined for those of others, and of other namespaces when one
 * is asked for. The user is the impersonated one, if there is any; a path has its query; a create has no name.
 */
export function auditedRequest(
  raw: WireObject,
  user: string,
  namespace: string,
): AuditedRequest | undefined {
  const impersonated = at(raw, 'impersonatedUser')
  const asker = isWireObject(impersonated) ? impersonated : at(raw, 'user')
  if (textOf(at(asker, 'username')) !== user) return undefined
  const reference = at(raw, 'objectRef')
  const isResource = isWireObject(reference)
  const text = (key: string): string => textOf(at(reference, key))
  if (namespace !== '' && text('namespace') !== namespace) return undefined
  const groups = at(asker, 'groups')
  const verb = textOf(at(raw, 'verb'))
  return {
    verb,
    isResource,
    apiGroup: text('apiGroup'),
    apiVersion: text('apiVersion'),
    resource: text('resource'),
    subresource: text('subresource'),
    namespace: text('namespace'),
    name: verb === 'create' ? '' : text('name'),
    path: isResource ? '' : textOf(at(raw, 'requestURI')),
    groups: Array.isArray(groups) ? groups.map(textOf) : [],
  }
}

/** Collects distinct requests: the same ones a thousand times need no more memory than once. */
export class AuditedRequests {
  readonly #byKey = new Map<string, AuditedRequest>()

  add(request: AuditedRequest): void {
    const key = keyOf(request)
    if (!this.#byKey.has(key)) this.#byKey.set(key, request)
  }

  /** The broader ones first: paths, then what is outside of namespaces, then what has no name, then lists before gets. */
  sorted(): AuditedRequest[] {
    return [...this.#byKey]
      .map(([key, request]) => ({ key: `${rankOf(request)}${key}`, request }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ request }) => request)
  }
}

function rankOf({ isResource, namespace, name, verb }: AuditedRequest): string {
  const isLast = [isResource, namespace !== '', name !== '', verb === 'get']
  return isLast.map((is) => (is ? '1' : '0')).join('')
}

/** In the order in which requests of one rank are taken. */
function keyOf(request: AuditedRequest): string {
  const { apiGroup, resource, subresource, namespace, name, verb, path } = request
  const rest = [request.apiVersion, ...request.groups]
  return JSON.stringify([
    apiGroup,
    resource,
    subresource,
    namespace,
    name,
    verb,
    path,
    textKey(rest),
  ])
}
