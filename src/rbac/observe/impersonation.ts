import type { AccessRequest } from './access.ts'

/** Whom a request acted as, and what allowed it. */
export interface Impersonation {
  readonly user: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
  /**
   * `authenticationMetadata.impersonationConstraint`, `impersonate:<mode>` (Kubernetes 1.35); empty when the plain right to
   * impersonate allowed it.
   */
  readonly constraint: string
}

const constraintPrefix = 'impersonate:'
const identityGroup = 'authentication.k8s.io'

/**
 * What the API server asked of the caller before it acted as somebody else: `pkg/endpoints/filters/impersonation`. In a
 * constrained mode, the request itself is asked for too, as `impersonate-on:<mode>:<verb>`.
 */
export function impersonationRequests(
  { user, uid, groups, extra, constraint }: Impersonation,
  request: AccessRequest,
): readonly AccessRequest[] {
  const mode = constraint.startsWith(constraintPrefix)
    ? constraint.slice(constraintPrefix.length)
    : ''
  const verb = mode === '' ? 'impersonate' : constraint
  const who = mode === '' ? '' : identityGroup
  const asked = [
    onUser(user, mode, verb, who),
    ...askedGroups(user, groups).map((name) => onIdentity(verb, who, 'groups', name)),
    ...(uid === '' ? [] : [onIdentity(verb, identityGroup, 'uids', uid)]),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => ({
        ...onIdentity(verb, identityGroup, 'userextras', value),
        subresource: key,
      })),
    ),
  ]
  return mode === ''
    ? asked
    : [...asked, { ...request, verb: `impersonate-on:${mode}:${request.verb}` }]
}

function onUser(user: string, mode: string, verb: string, group: string): AccessRequest {
  const account = serviceAccountOf(user)
  if (account !== undefined)
    return {
      ...onIdentity(verb, group, 'serviceaccounts', account.name),
      namespace: account.namespace,
    }
  // Asked for with the name `*`, which stands for no name in particular.
  if (mode === 'associated-node') return onIdentity(verb, group, 'nodes', '')
  if (mode !== '' && user.startsWith(nodePrefix))
    return onIdentity(verb, group, 'nodes', user.slice(nodePrefix.length))
  return onIdentity(verb, group, 'users', user)
}

const nodePrefix = 'system:node:'

/** The groups that the caller named: the API server adds some of its own accord, which nobody has to be allowed. */
function askedGroups(user: string, groups: readonly string[]): readonly string[] {
  const account = serviceAccountOf(user)
  const own = new Set(['system:authenticated', 'system:unauthenticated'])
  if (user.startsWith(nodePrefix)) own.add('system:nodes')
  if (account !== undefined) {
    own.add('system:serviceaccounts')
    own.add(`system:serviceaccounts:${account.namespace}`)
  }
  return groups.filter((group) => !own.has(group))
}

function onIdentity(verb: string, apiGroup: string, resource: string, name: string): AccessRequest {
  return {
    verb,
    isResource: true,
    apiGroup,
    resource,
    subresource: '',
    namespace: '',
    name,
    path: '',
  }
}

const accountPrefix = 'system:serviceaccount:'

/** `system:serviceaccount:NAMESPACE:NAME`; undefined for other users. */
export function serviceAccountOf(
  user: string,
): { readonly namespace: string; readonly name: string } | undefined {
  if (!user.startsWith(accountPrefix)) return undefined
  const [namespace, name, ...more] = user.slice(accountPrefix.length).split(':')
  return namespace && name && more.length === 0 ? { namespace, name } : undefined
}

const refusal =
  / cannot ([^ ]+) (?:resource "([^"]*)" in API group "([^"]*)"(?: in the namespace "([^"]*)")?|path "([^"]*)")/
const refusedName = /^\S+ "((?:[^"\\]|\\.)*)" is forbidden: /

/**
 * What was asked in vain, by the message of a refused impersonation; undefined when the message is of something else. The
 * request itself never came to be judged then.
 */
export function refusedImpersonation(message: string): AccessRequest | undefined {
  const found = refusal.exec(message)
  const [, verb = '', resource = '', apiGroup = '', namespace = '', path] = found ?? []
  if (!verb.startsWith('impersonate')) return undefined
  if (path !== undefined) return { ...onIdentity(verb, '', '', ''), isResource: false, path }
  const [name = '', ...subresource] = resource.split('/')
  return {
    ...onIdentity(verb, apiGroup, name, refusedName.exec(message)?.[1] ?? ''),
    namespace,
    subresource: subresource.join('/'),
  }
}
