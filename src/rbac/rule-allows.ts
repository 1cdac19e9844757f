import type { AuditRequest } from '../audit/policy/types.ts'
import type { RbacRule } from './objects.ts'

/** What is asked for, without who asks. */
export type RequestAttributes = Omit<AuditRequest, 'user'>

/** Whether the rule alone allows the request (k/k `plugin/pkg/auth/authorizer/rbac/rbac.go`, `RuleAllows`). */
export function ruleAllows(rule: RbacRule, request: RequestAttributes): boolean {
  if (!holds(rule.verbs, request.verb)) return false
  if (!request.isResource) return rule.nonResourceURLs.some((url) => urlMatches(url, request.path))
  return (
    holds(rule.apiGroups, request.apiGroup) &&
    holdsResource(rule.resources, request.resource, request.subresource) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(request.name))
  )
}

function holds(texts: readonly string[], text: string): boolean {
  return texts.includes(text) || texts.includes('*')
}

function holdsResource(
  resources: readonly string[],
  resource: string,
  subresource: string,
): boolean {
  if (subresource === '') return holds(resources, resource)
  return holds(resources, `${resource}/${subresource}`) || resources.includes(`*/${subresource}`)
}

/** `*`, a path, or the beginning of one before trailing stars. */
export function urlMatches(url: string, path: string): boolean {
  return url === path || (url.endsWith('*') && path.startsWith(url.replace(/\*+$/, '')))
}
