import type { AuditRequest } from '../audit/policy/types.ts'
import { type RequestBox, type RequestTrait, requestTraits } from './request-box.ts'
import { holdsText } from './text-set.ts'

/** Whether a request is one of a set. */
export function holdsRequest(box: RequestBox, request: AuditRequest): boolean {
  if (box.isAuthenticated !== (request.user !== undefined)) return false
  if (box.isResource !== request.isResource) return false
  const groups = request.user?.groups ?? []
  return (
    requestTraits.every((trait) => holdsText(box.traits[trait], traitOf(request, trait))) &&
    box.oneOfGroups.every((wanted) => wanted.some((group) => groups.includes(group))) &&
    !box.noGroups.some((group) => groups.includes(group))
  )
}

function traitOf(request: AuditRequest, trait: RequestTrait): string {
  return trait === 'user' ? (request.user?.name ?? '') : request[trait]
}
