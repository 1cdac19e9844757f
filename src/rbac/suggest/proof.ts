import { createAuthorizer } from '../authorize.ts'
import type { RbacObjects } from '../objects.ts'
import type { AccessRequest, ObservedAccess } from '../observe/access.ts'
import { serviceAccountOf } from '../observe/impersonation.ts'
import { discoveryRoles } from './discovery.ts'
import { indexCovers, requestOfAccess } from './need.ts'
import type { SuggestSubject } from './subject.ts'

/** What a replay of the observed requests against the suggested objects alone gave. Distinct requests, unless it says otherwise. */
export interface Proof {
  /** Used, or allowed and failed. */
  readonly used: number
  readonly usedAllowed: number
  /** How often they were made. */
  readonly usedRequests: number
  /** Refused, and never used. */
  readonly wanted: number
  readonly wantedAllowed: number
  readonly wantedRequests: number
  /** What the objects do not allow although it was used. */
  readonly missing: readonly ObservedAccess[]
  /** What they allow although it was refused. */
  readonly surplus: readonly ObservedAccess[]
}

/** A name that nothing has: where any name has to be allowed. */
const anyName = 'kubewitness.any-name'
const anyNamespace = 'kubewitness-any-namespace'

/**
 * Replays what was observed of a subject: what was used has to be allowed by the objects and the discovery roles that every
 * cluster has, and nothing that was refused by the objects.
 */
export function prove(
  objects: RbacObjects,
  accesses: readonly ObservedAccess[],
  subject: SuggestSubject,
): Proof {
  const user = leastUser(subject)
  const suggested = createAuthorizer(objects).forUser(user)
  const isDiscovery = discoveryOf(subject)
  const used = accesses.filter(({ outcome }) => outcome !== 'wanted')
  const usedIndex = indexCovers(used.map(requestOfAccess))
  const wanted = accesses.filter(
    (access) => access.outcome === 'wanted' && !usedIndex.covers(requestOfAccess(access)),
  )
  const isGranted = (access: ObservedAccess): boolean =>
    suggested.authorize(replayed(access)).allowed
  const missing = used.filter((access) => !isDiscovery(replayed(access)) && !isGranted(access))
  // Those of every cluster are not ours to judge.
  const surplus = wanted.filter(isGranted)
  return {
    used: used.length,
    usedAllowed: used.length - missing.length,
    usedRequests: sum(used),
    wanted: wanted.length,
    wantedAllowed: surplus.length,
    wantedRequests: sum(wanted),
    missing,
    surplus,
  }
}

/** Who the subject is at least, whatever other groups it has: those may not be what suffices. */
export function leastUser({ kind, name }: SuggestSubject): {
  readonly name: string
  readonly groups: readonly string[]
} {
  if (kind === 'Group')
    return { name: 'kubewitness:any-member', groups: [...new Set([name, 'system:authenticated'])] }
  const account = serviceAccountOf(name)
  if (account === undefined)
    return {
      name,
      groups: [name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated'],
    }
  return {
    name,
    groups: [
      'system:serviceaccounts',
      `system:serviceaccounts:${account.namespace}`,
      'system:authenticated',
    ],
  }
}

/** Tells whether the roles that every cluster has allow a request to the subject. */
export function discoveryOf(subject: SuggestSubject): (request: AccessRequest) => boolean {
  const access = createAuthorizer(discoveryRoles).forUser(leastUser(subject))
  return (request) => !request.isResource && access.authorize(request).allowed
}

function replayed(access: ObservedAccess): AccessRequest {
  return {
    ...requestOfAccess(access),
    ...(access.namespace === null ? { namespace: anyNamespace } : {}),
    ...(access.name === null ? { name: anyName } : {}),
  }
}

function sum(accesses: readonly ObservedAccess[]): number {
  return accesses.reduce((all, { requests }) => all + requests, 0)
}
