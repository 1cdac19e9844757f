import {
  type Grant,
  privilegedGroup,
  type RbacAuthorizer,
  type RbacUser,
  type UnresolvedGrant,
} from '../authorize.ts'
import type { RbacRule } from '../objects.ts'
import type { AccessRequest, ObservedAccess } from '../observe/access.ts'
import { ruleAllows, ruleAllowsSomeName } from '../rule-allows.ts'
import { impliedNeeds } from '../suggest/implied.ts'
import { requestOfAccess } from '../suggest/need.ts'

/** A request that was made, or that one implies, and how many of the subject's grants and rules allow it. */
export interface ServedRequest {
  readonly access: ObservedAccess
  readonly request: AccessRequest
  /** At least one each. */
  readonly grants: number
  readonly rules: number
}

/** `everybody`: by a group that authentication itself puts everybody, or every service account, into. */
export type GrantPath = 'itself' | 'group' | 'everybody'

/** A binding that a subject holds, and what it was good for. */
export interface HeldGrant {
  readonly grant: Grant
  readonly through: GrantPath
  /** By rule of the role: what it allows of all that was done. */
  readonly served: readonly (readonly ServedRequest[])[]
}

/** What a user's grants were good for. */
export interface SubjectUse {
  readonly user: RbacUser
  readonly isPrivileged: boolean
  /** All that was allowed when it was asked. */
  readonly used: readonly ObservedAccess[]
  readonly grants: readonly HeldGrant[]
  readonly unresolved: readonly UnresolvedGrant[]
  /** Allowed by RBAC when it was asked, and not by these objects. */
  readonly refusedNow: readonly ObservedAccess[]
  /** Allowed, but not by RBAC: by the node authorizer, a webhook, or because of `system:masters`. */
  readonly byOthers: readonly ObservedAccess[]
  /** Refused when it was asked. */
  readonly wanted: readonly ObservedAccess[]
}

const everybody = /^system:(?:authenticated|unauthenticated|serviceaccounts(?::[^:]+)?)$/

export interface UseContext {
  readonly authorizer: RbacAuthorizer
  /** `1.36`: what the API server asks for beside the verb depends on it. */
  readonly kubernetesVersion: string
  /** The events say by which binding requests were allowed. */
  readonly hasReasons: boolean
}

/**
 * Finds, for everything that was observed of a user, which of its grants allow it. What was not told apart when it was observed
 * (too many names or namespaces) counts for every rule that may have allowed it, so that nothing in use is called unused.
 */
export function useOf(
  user: RbacUser,
  accesses: readonly ObservedAccess[],
  { authorizer, kubernetesVersion, hasReasons }: UseContext,
): SubjectUse {
  const all = authorizer.forUser(user).allGrants()
  const held = all
    .filter((grant): grant is Grant => 'rules' in grant)
    .map((grant) => ({
      grant,
      through: pathOf(grant),
      served: grant.rules.map((): ServedRequest[] => []),
    }))
  const byScope = Map.groupBy(held, ({ grant }) => scopeOf(grant))
  const isPrivileged = user.groups.includes(privilegedGroup)
  const refusedNow: ObservedAccess[] = []
  const byOthers: ObservedAccess[] = []
  const used = accesses.filter(({ outcome }) => outcome !== 'wanted')
  for (const access of used) {
    const own = requestOfAccess(access)
    if (!serve(access, own, candidates(access, held, byScope)) && !isPrivileged)
      (isByRbac(access, hasReasons) ? refusedNow : byOthers).push(access)
    for (const { request } of impliedNeeds(access, { kubernetesVersion }))
      serve(access, request, candidates({ ...access, ...request }, held, byScope))
  }
  return {
    user,
    isPrivileged,
    used,
    grants: held,
    unresolved: all.filter((grant): grant is UnresolvedGrant => 'error' in grant),
    refusedNow,
    byOthers,
    wanted: accesses.filter(({ outcome }) => outcome === 'wanted'),
  }
}

interface Holding extends HeldGrant {
  readonly served: readonly ServedRequest[][]
}

function candidates(
  { isResource, namespace }: Pick<ObservedAccess, 'isResource' | 'namespace'>,
  held: readonly Holding[],
  byScope: ReadonlyMap<string, readonly Holding[]>,
): readonly Holding[] {
  if (isResource && namespace === null) return held
  const clusterWide = byScope.get('') ?? []
  const local = isResource && namespace ? byScope.get(namespace) : undefined
  return local === undefined ? clusterWide : [...clusterWide, ...local]
}

function serve(access: ObservedAccess, request: AccessRequest, held: readonly Holding[]): boolean {
  const allows = (rule: RbacRule): boolean =>
    access.name === null ? ruleAllowsSomeName(rule, request) : ruleAllows(rule, request)
  const found = held.flatMap((holding) =>
    holding.grant.rules.flatMap((rule, index) => (allows(rule) ? [{ holding, index }] : [])),
  )
  const grants = new Set(found.map(({ holding }) => holding)).size
  for (const { holding, index } of found)
    holding.served[index]?.push({ access, request, grants, rules: found.length })
  return found.length > 0
}

function pathOf({ subject }: Grant): GrantPath {
  if (subject.kind !== 'Group') return 'itself'
  return isEverybody(subject.name) ? 'everybody' : 'group'
}

/** Whether authentication itself puts everybody, or every service account, into the group. */
export function isEverybody(group: string): boolean {
  return everybody.test(group)
}

/** The namespace of a RoleBinding; empty for a ClusterRoleBinding. */
export function scopeOf({ binding }: Pick<Grant, 'binding'>): string {
  return binding.kind === 'RoleBinding' ? binding.namespace : ''
}

/** Where reasons are recorded, one that is allowed without a reason was so by another authorizer. */
function isByRbac({ reasons, origin }: ObservedAccess, hasReasons: boolean): boolean {
  if (origin === 'impersonation' || (reasons.length === 0 && !hasReasons)) return true
  return reasons.some((reason) => reason.startsWith('RBAC:'))
}
