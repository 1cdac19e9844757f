import {
  type AuditRuleField,
  evaluateAuditPolicy,
  firstMismatch,
} from '../audit/policy/evaluate.ts'
import type {
  AuditDecision,
  AuditGroupResources,
  AuditPolicy,
  AuditRequest,
} from '../audit/policy/types.ts'

/** Why a rule of an audit policy does not match a request: the first field, in the API server's order, that keeps it from it. */
export interface Mismatch {
  readonly rule: number
  readonly field: AuditRuleField
  /** The field of the rule. */
  readonly wants: readonly string[] | readonly AuditGroupResources[]
  readonly has: RequestValue
}

/** What a request has where a rule looks; null = no user, for authentication failed. */
export type RequestValue =
  | string
  | readonly string[]
  | null
  | { readonly path: string }
  | {
      readonly group: string
      readonly resource: string
      readonly subresource: string
      readonly name: string
    }

export interface Explanation {
  readonly decision: AuditDecision
  /** The rules before the one that decides, or all when none does. */
  readonly before: readonly Mismatch[]
}

/** The rule that decides about a request, and what keeps each one before it from doing so. */
export function explainAuditDecision(policy: AuditPolicy, request: AuditRequest): Explanation {
  const before: Mismatch[] = []
  for (const [index, rule] of policy.rules.entries()) {
    const field = firstMismatch(rule, request)
    if (field === undefined) break
    before.push({ rule: index, field, wants: rule[field], has: requestValue(request, field) })
  }
  return { decision: evaluateAuditPolicy(policy, request), before }
}

function requestValue(request: AuditRequest, field: AuditRuleField): RequestValue {
  const { user, isResource, apiGroup, resource, subresource, name, namespace, path } = request
  switch (field) {
    case 'users':
      return user?.name ?? null
    case 'userGroups':
      return user?.groups ?? null
    case 'verbs':
      return request.verb
    case 'namespaces':
      return isResource ? namespace : { path }
    case 'resources':
    case 'nonResourceURLs':
      return isResource ? { group: apiGroup, resource, subresource, name } : { path }
    default:
      return field satisfies never
  }
}
