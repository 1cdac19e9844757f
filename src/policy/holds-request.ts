import type { AuditRequest } from '../audit/policy/types.ts'
import { textKey } from '../util/text-key.ts'
import { type RequestBox, type RequestTrait, requestTraits } from './request-box.ts'
import { holdsText } from './text-set.ts'

/** What many requests have in common. */
const kindTraits: readonly RequestTrait[] = ['verb', 'apiGroup', 'resource', 'subresource']
const otherTraits = requestTraits.filter((trait) => !kindTraits.includes(trait))

/** Equal for requests of one kind, for all of which `mayHold` says the same. */
export function kindOf(request: AuditRequest): string {
  const texts = kindTraits.map((trait) => traitOf(request, trait))
  return textKey([String(request.user !== undefined), String(request.isResource), ...texts])
}

/** False when no request of its kind is one of the set. */
export function mayHold(box: RequestBox, request: AuditRequest): boolean {
  return (
    box.isAuthenticated === (request.user !== undefined) &&
    box.isResource === request.isResource &&
    holdsTraits(box, request, kindTraits)
  )
}

/** Whether a request is one of a set. */
export function holdsRequest(box: RequestBox, request: AuditRequest): boolean {
  const groups = request.user?.groups ?? []
  return (
    mayHold(box, request) &&
    holdsTraits(box, request, otherTraits) &&
    box.oneOfGroups.every((wanted) => wanted.some((group) => groups.includes(group))) &&
    !box.noGroups.some((group) => groups.includes(group))
  )
}

function holdsTraits(
  { traits }: RequestBox,
  request: AuditRequest,
  asked: readonly RequestTrait[],
): boolean {
  return asked.every((trait) => holdsText(traits[trait], traitOf(request, trait)))
}

function traitOf(request: AuditRequest, trait: RequestTrait): string {
  return trait === 'user' ? (request.user?.name ?? '') : request[trait]
}
