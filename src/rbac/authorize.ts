import { goQuote } from '../util/go-quote.ts'
import { aggregateClusterRoles } from './aggregate.ts'
import { type Bindings, indexBindings } from './binding-index.ts'
import type {
  ClusterRole,
  ClusterRoleBinding,
  RbacObjects,
  RbacRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from './objects.ts'
import type { AccessRequest } from './observe/access.ts'
import { ruleAllows } from './rule-allows.ts'

/** Who asks, as authentication found it: `groups` complete, `system:authenticated` among them where it applies. */
export interface RbacUser {
  readonly name: string
  readonly groups: readonly string[]
}

/** What a binding gives to a user. */
export interface Grant {
  readonly binding: RoleBinding | ClusterRoleBinding
  /** The first subject of the binding that the user is. */
  readonly subject: Subject
  readonly role: Role | ClusterRole
  /** Those of the role; of an aggregated ClusterRole without rules, what the cluster would fill in. */
  readonly rules: readonly RbacRule[]
}

/** A binding that applies, but whose role is not there. */
export interface UnresolvedGrant {
  readonly binding: RoleBinding | ClusterRoleBinding
  readonly subject: Subject
  /** In the API server's words. */
  readonly error: string
}

export type RbacDecision =
  | {
      readonly allowed: true
      readonly reason: string
      /** Absent = a member of `system:masters`, of whom RBAC is not asked. */
      readonly by?: { readonly grant: Grant; readonly rule: RbacRule }
    }
  | {
      readonly allowed: false
      /** Empty, or why roles could not be resolved. */
      readonly reason: string
    }

export interface UserAccess {
  authorize(request: AccessRequest): RbacDecision
  /** In the order in which they are visited: cluster-wide, then those of the namespace (none if it is empty). */
  grants(namespace: string): readonly (Grant | UnresolvedGrant)[]
  /** All that apply anywhere: cluster-wide, then by namespace. */
  allGrants(): readonly (Grant | UnresolvedGrant)[]
}

export interface RbacAuthorizer {
  authorize(user: RbacUser, request: AccessRequest): RbacDecision
  /** The bindings of a user, resolved once: for many requests of the same user. */
  forUser(user: RbacUser): UserAccess
}

/** Its members are allowed everything before any other authorizer is asked (k/k `pkg/kubeapiserver/authorizer/config.go`). */
export const privilegedGroup = 'system:masters'

/**
 * Decides as an API server with these objects does (k/k `pkg/registry/rbac/validation/rule.go`), in its words. Bindings are visited in
 * the order given, where an API server has none: of several bindings that allow a request it may name another one.
 */
export function createAuthorizer(objects: RbacObjects): RbacAuthorizer {
  const resolve = roleResolver(objects)
  const cluster = indexBindings(objects.clusterRoleBindings, '')
  const byNamespace = new Map<string, Bindings<RoleBinding>>()
  for (const [namespace, bindings] of Map.groupBy(objects.roleBindings, (one) => one.namespace))
    byNamespace.set(namespace, indexBindings(bindings, namespace))

  const forUser = (user: RbacUser): UserAccess => {
    const clusterGrants = cluster.of(user).map((bound) => resolve(bound, ''))
    const ownGrants = (namespace: string): readonly (Grant | UnresolvedGrant)[] =>
      byNamespace
        .get(namespace)
        ?.of(user)
        .map((bound) => resolve(bound, namespace)) ?? []
    const grantsByNamespace = new Map<string, readonly (Grant | UnresolvedGrant)[]>()
    const grants = (namespace: string): readonly (Grant | UnresolvedGrant)[] => {
      if (namespace === '' || !byNamespace.has(namespace)) return clusterGrants
      let found = grantsByNamespace.get(namespace)
      if (found === undefined) {
        const own = ownGrants(namespace)
        found = own.length === 0 ? clusterGrants : [...clusterGrants, ...own]
        grantsByNamespace.set(namespace, found)
      }
      return found
    }
    const isPrivileged = user.groups.includes(privilegedGroup)
    return {
      grants,
      allGrants: () => [
        ...clusterGrants,
        ...[...byNamespace.keys()].filter((name) => name !== '').flatMap(ownGrants),
      ],
      authorize: (request) =>
        isPrivileged
          ? { allowed: true, reason: '' }
          : decide(grants(request.isResource ? request.namespace : ''), request),
    }
  }
  return { forUser, authorize: (user, request) => forUser(user).authorize(request) }
}

function decide(
  grants: readonly (Grant | UnresolvedGrant)[],
  request: AccessRequest,
): RbacDecision {
  const errors = new Set<string>()
  for (const grant of grants) {
    if ('error' in grant) {
      errors.add(grant.error)
      continue
    }
    const rule = grant.rules.find((each) => ruleAllows(each, request))
    if (rule !== undefined) {
      const reason = `RBAC: allowed by ${describeGrant(grant)}`
      return { allowed: true, reason, by: { grant, rule } }
    }
  }
  if (errors.size === 0) return { allowed: false, reason: '' }
  const text = [...errors].join(', ')
  return { allowed: false, reason: `RBAC: ${errors.size === 1 ? text : `[${text}]`}` }
}

type Bound = {
  readonly binding: RoleBinding | ClusterRoleBinding
  readonly subject: Subject
}

function roleResolver(
  objects: RbacObjects,
): (bound: Bound, namespace: string) => Grant | UnresolvedGrant {
  const roles = new Map(objects.roles.map((role) => [keyOf(role.namespace, role.name), role]))
  const clusterRoles = new Map(
    aggregateClusterRoles(objects.clusterRoles).map((role) => [role.name, role]),
  )
  const find = ({ kind, name }: RoleRef, namespace: string): Role | ClusterRole | undefined =>
    kind === 'Role' ? roles.get(keyOf(namespace, name)) : clusterRoles.get(name)
  return (bound, namespace) => {
    const { roleRef } = bound.binding
    if (roleRef.kind !== 'Role' && roleRef.kind !== 'ClusterRole')
      return { ...bound, error: `unsupported role reference kind: ${goQuote(roleRef.kind)}` }
    const role = find(roleRef, namespace)
    return role === undefined
      ? { ...bound, error: notFound(roleRef) }
      : { ...bound, role, rules: role.rules }
  }
}

/** The key of the API server's cache: a Role has no namespace only in a file. */
function keyOf(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`
}

function notFound({ kind, name }: RoleRef): string {
  return `${kind.toLowerCase()}.rbac.authorization.k8s.io ${goQuote(name)} not found`
}

/** A grant in the API server's words: `ClusterRoleBinding "b" of ClusterRole "r" to User "u"`. */
export function describeGrant({ binding, subject }: Bound): string {
  const namespace = binding.kind === 'RoleBinding' ? binding.namespace : ''
  const name = binding.kind === 'RoleBinding' ? `${binding.name}/${namespace}` : binding.name
  const { kind, name: role } = binding.roleRef
  const holder =
    subject.kind === 'ServiceAccount'
      ? `${subject.name}/${subject.namespace === '' ? namespace : subject.namespace}`
      : subject.name
  return `${binding.kind} ${goQuote(name)} of ${kind} ${goQuote(role)} to ${subject.kind} ${goQuote(holder)}`
}
