/** `objectRef` of an event, and the path of its request without the query. */
export interface ResourcePath {
  readonly apiGroup?: string
  readonly apiVersion: string
  readonly resource: string
  readonly namespace?: string
  readonly name?: string
  readonly subresource?: string
  readonly requestUri: string
}

/** Namespaces have these subresources, so that `namespaces/x/status` names no resource in a namespace (RequestInfoFactory). */
const namespaceSubresources = new Set(['status', 'finalize'])

/**
 * What `AuditLog.resourceName` of GKE names: `group/version/[namespaces/NS/]resource[/name[/subresource]]`, where the
 * legacy group is `core`. Undefined when it is no resource (`healthz`).
 */
export function resourcePathOf(resourceName: string): ResourcePath | undefined {
  const [group = '', apiVersion = '', ...rest] = resourceName.split('/')
  if (!/^v\d/.test(apiVersion) || rest.length === 0 || rest.some((part) => part === '')) {
    return undefined
  }
  const isLegacy = group === 'core'
  return {
    ...(isLegacy ? {} : { apiGroup: group }),
    apiVersion,
    ...placeOf(rest),
    requestUri: `/${isLegacy ? 'api' : `apis/${group}`}/${[apiVersion, ...rest].join('/')}`,
  }
}

function placeOf(parts: readonly string[]): Pick<ResourcePath, 'resource' | 'namespace'> {
  const [first = '', namespace, third] = parts
  if (first !== 'namespaces' || namespace === undefined) return named(parts)
  // A namespace is in itself.
  if (third === undefined || namespaceSubresources.has(third)) return { namespace, ...named(parts) }
  return { namespace, ...named(parts.slice(2)) }
}

/** Behind the subresource comes what it passes on (`proxy/metrics`). */
function named([resource = '', name, subresource]: readonly string[]) {
  return {
    resource,
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  }
}
