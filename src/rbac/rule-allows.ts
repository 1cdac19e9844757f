import type { RbacRule } from './objects.ts'
import type { AccessRequest } from './observe/access.ts'

/** Whether the rule alone allows the request (k/k `plugin/pkg/auth/authorizer/rbac/rbac.go`, `RuleAllows`). */
export function ruleAllows(rule: RbacRule, request: AccessRequest): boolean {
  return (
    ruleAllowsSomeName(rule, request) &&
    (!request.isResource ||
      rule.resourceNames.length === 0 ||
      rule.resourceNames.includes(request.name))
  )
}

/** Whether the rule allows the request, by its own name or by another one. */
export function ruleAllowsSomeName(rule: RbacRule, request: AccessRequest): boolean {
  if (!holds(rule.verbs, request.verb)) return false
  if (!request.isResource) return rule.nonResourceURLs.some((url) => urlMatches(url, request.path))
  return (
    holds(rule.apiGroups, request.apiGroup) &&
    rule.resources.some((resource) => resourceMatches(resource, request))
  )
}

function holds(texts: readonly string[], text: string): boolean {
  return texts.includes(text) || texts.includes('*')
}

/** `*`, a resource with its subresource, or `*` for the resource alone. */
export function resourceMatches(
  text: string,
  { resource, subresource }: Pick<AccessRequest, 'resource' | 'subresource'>,
): boolean {
  if (text === '*') return true
  if (subresource === '') return text === resource
  return text === `${resource}/${subresource}` || text === `*/${subresource}`
}

/** `*`, a path, or the beginning of one before trailing stars. */
export function urlMatches(url: string, path: string): boolean {
  return url === path || (url.endsWith('*') && path.startsWith(url.replace(/\*+$/, '')))
}
