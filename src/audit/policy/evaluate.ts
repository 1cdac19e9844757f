import {
  type AuditDecision,
  type AuditGroupResources,
  type AuditPolicy,
  type AuditPolicyRule,
  type AuditRequest,
  type AuditStage,
  auditStages,
} from './types.ts'

/** The first rule that matches decides; without one nothing is recorded (apiserver `pkg/audit/policy/checker.go`). */
export function evaluateAuditPolicy(policy: AuditPolicy, request: AuditRequest): AuditDecision {
  const { rules, omitStages, omitManagedFields } = policy
  const texts = resourceTexts(request)
  for (let index = 0; index < rules.length; index += 1) {
    const rule = rules[index]!
    if (firstMismatch(rule, request, texts) !== undefined) continue
    return {
      level: rule.level,
      omitStages: unionOf(omitStages, rule.omitStages),
      omitManagedFields: rule.omitManagedFields ?? omitManagedFields,
      rule: index,
    }
  }
  return { level: 'None', omitStages: unionOf(omitStages, []), omitManagedFields, rule: null }
}

/** The fields by which a rule can fail to match. */
export type AuditRuleField =
  | 'users'
  | 'userGroups'
  | 'verbs'
  | 'namespaces'
  | 'resources'
  | 'nonResourceURLs'

/** The first field, in the API server's order, that keeps a rule from matching; undefined = it matches. */
export function firstMismatch(
  rule: AuditPolicyRule,
  request: AuditRequest,
  texts = resourceTexts(request),
): AuditRuleField | undefined {
  const { user } = request
  const { users, userGroups, verbs, namespaces, resources, nonResourceURLs } = rule
  if (users.length > 0 && (user === undefined || !users.includes(user.name))) return 'users'
  if (userGroups.length > 0 && !user?.groups.some((group) => userGroups.includes(group)))
    return 'userGroups'
  if (verbs.length > 0 && !verbs.includes(request.verb)) return 'verbs'
  if (namespaces.length > 0 && !(request.isResource && namespaces.includes(request.namespace)))
    return 'namespaces'
  if (resources.length > 0 && !(request.isResource && matchesResources(resources, request, texts)))
    return 'resources'
  // A valid rule has either these or the two above.
  if (namespaces.length > 0 || resources.length > 0 || nonResourceURLs.length === 0)
    return undefined
  const isMatch =
    !request.isResource && nonResourceURLs.some((url) => matchesPath(url, request.path))
  return isMatch ? undefined : 'nonResourceURLs'
}

/** What an entry of `resources` may say to mean this request's resource. */
function resourceTexts({ resource, subresource }: AuditRequest): readonly string[] {
  // `pods/*` matches the resource itself too, whatever the documentation says.
  const texts = ['*', `${resource}/*`]
  return subresource === ''
    ? [...texts, resource]
    : [...texts, `${resource}/${subresource}`, `*/${subresource}`]
}

function matchesResources(
  entries: readonly AuditGroupResources[],
  { apiGroup, name }: AuditRequest,
  texts: readonly string[],
): boolean {
  return entries.some(({ group, resources, resourceNames }) => {
    if (group !== apiGroup && group !== '*') return false
    if (resources.length === 0) return true
    if (resourceNames.length > 0 && !resourceNames.includes(name)) return false
    return resources.some((text) => texts.includes(text))
  })
}

function matchesPath(url: string, path: string): boolean {
  return url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)))
}

function unionOf(policy: readonly AuditStage[], rule: readonly AuditStage[]): AuditStage[] {
  return auditStages.filter((stage) => policy.includes(stage) || rule.includes(stage))
}
