import { textKey } from '../../util/text-key.ts'
import type { AccessRequest, ObservedAccess } from '../observe/access.ts'
import { sortedByKey } from '../observe/kept-by-hash.ts'

/** One request that a suggestion has to allow, and why. `namespace` empty: in every namespace, or outside of them; `name` empty: by any name, or none. */
export interface Need {
  readonly request: AccessRequest
  /** What it was seen by. */
  readonly evidence: readonly ObservedAccess[]
  /** Why there is more, or something else, than was seen; one sentence each. */
  readonly notes: readonly string[]
}

/** Needs without repeats, in a stable order; what was said of equal ones is said of the one. */
export function distinctNeeds(needs: readonly Need[]): Need[] {
  const groups = Map.groupBy(needs, ({ request }) => keyOfRequest(request))
  return sortedByKey([...groups], ([key]) => key).map(([, group]) =>
    group.length === 1 ? group[0]! : united(group),
  )
}

/** One need for several: its request is that of the first. */
export function united(needs: readonly Need[]): Need {
  return {
    request: needs[0]!.request,
    evidence: [...new Set(needs.flatMap(({ evidence }) => evidence))],
    notes: [...new Set(needs.flatMap(({ notes }) => notes))].sort(),
  }
}

export function keyOfRequest(request: AccessRequest): string {
  const { isResource, path, apiGroup, resource, subresource, verb, namespace, name } = request
  return isResource
    ? textKey([apiGroup, resource, subresource, verb, namespace, name])
    : textKey([path, verb])
}

/** `pods/exec`, as rules name it. */
export function resourceText({ resource, subresource }: AccessRequest): string {
  return subresource === '' ? resource : `${resource}/${subresource}`
}

/** The request that an observed one needs to be allowed. */
export function requestOfAccess(access: ObservedAccess): AccessRequest {
  const { verb, isResource, apiGroup, resource, subresource, path } = access
  const namespace = access.namespace ?? ''
  return {
    verb,
    isResource,
    apiGroup,
    resource,
    subresource,
    path,
    namespace,
    name: access.name ?? '',
  }
}

/** Whether everything that `narrow` allows is allowed by `wide`, too. */
export function covers(wide: AccessRequest, narrow: AccessRequest): boolean {
  return (
    wide.verb === narrow.verb &&
    wide.isResource === narrow.isResource &&
    wide.path === narrow.path &&
    wide.apiGroup === narrow.apiGroup &&
    wide.resource === narrow.resource &&
    wide.subresource === narrow.subresource &&
    (wide.namespace === '' || wide.namespace === narrow.namespace) &&
    (wide.name === '' || wide.name === narrow.name)
  )
}

/** Finds, among many requests, those that cover one or that one covers, without looking at all of them. */
export interface CoverIndex {
  /** Whether one of them allows everything that `narrow` does. */
  covers(narrow: AccessRequest): boolean
  /** Whether `wide` allows one of them. */
  isAnyCoveredBy(wide: AccessRequest): boolean
}

export function indexCovers(requests: readonly AccessRequest[]): CoverIndex {
  const byKind = Map.groupBy(requests, kindOf)
  const alike = (request: AccessRequest): readonly AccessRequest[] =>
    byKind.get(kindOf(request)) ?? []
  return {
    covers: (narrow) => alike(narrow).some((wide) => covers(wide, narrow)),
    isAnyCoveredBy: (wide) => alike(wide).some((narrow) => covers(wide, narrow)),
  }
}

/** What requests have in common that differ in namespace and name only. */
export function kindOf(request: AccessRequest): string {
  return keyOfRequest({ ...request, namespace: '', name: '' })
}
