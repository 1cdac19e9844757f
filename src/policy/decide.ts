import type { AuditPolicyShape, AuditRuleShape } from './policy-boxes.ts'
import type { AuditedRequest } from './request.ts'

/** What an audit policy has the API server do with a request. */
export interface AuditDecision {
  readonly level: string
  readonly omitStages: readonly string[]
  /** The number of the first rule that matches; null when none does, and the level is None. */
  readonly rule: number | null
}

/** The first rule that matches decides (apiserver `pkg/audit/policy/checker.go`). */
export function decide(policy: AuditPolicyShape, request: AuditedRequest): AuditDecision {
  const omitted = policy.omitStages ?? []
  const rule = policy.rules.findIndex((candidate) => matchesRequest(candidate, request))
  const found = policy.rules[rule]
  if (found === undefined) return { level: 'None', omitStages: omitted, rule: null }
  return { level: found.level, omitStages: [...omitted, ...(found.omitStages ?? [])], rule }
}

function matchesRequest(rule: AuditRuleShape, request: AuditedRequest): boolean {
  const { user, groups, verb, isResource } = request
  if (isNamed(rule.users) && (user === undefined || !rule.users.includes(user))) return false
  if (
    isNamed(rule.userGroups) &&
    !rule.userGroups.some((group) => user !== undefined && groups.includes(group))
  )
    return false
  if (isNamed(rule.verbs) && !rule.verbs.includes(verb)) return false
  if (isNamed(rule.namespaces) || isNamed(rule.resources))
    return isResource && matchesResource(rule, request)
  if (isNamed(rule.nonResourceURLs))
    return !isResource && rule.nonResourceURLs.some((url) => matchesPath(url, request.path))
  return true
}

function isNamed<T>(list: readonly T[] | undefined): list is readonly T[] {
  return list !== undefined && list.length > 0
}

function matchesResource(rule: AuditRuleShape, request: AuditedRequest): boolean {
  if (isNamed(rule.namespaces) && !rule.namespaces.includes(request.namespace)) return false
  if (!isNamed(rule.resources)) return true
  const { apiGroup, resource, subresource, name } = request
  const combined = subresource === '' ? resource : `${resource}/${subresource}`
  return rule.resources.some((entry) => {
    const group = entry.group ?? ''
    if (group !== '*' && group !== apiGroup) return false
    if (!isNamed(entry.resources)) return true
    if (isNamed(entry.resourceNames) && !entry.resourceNames.includes(name)) return false
    return entry.resources.some(
      (text) =>
        text === combined ||
        text === '*' ||
        (subresource !== '' && text === `*/${subresource}`) ||
        text === `${resource}/*`,
    )
  })
}

function matchesPath(url: string, path: string): boolean {
  if (url === '*' || url === path) return true
  return url.endsWith('*') && path.startsWith(url.slice(0, -1))
}
