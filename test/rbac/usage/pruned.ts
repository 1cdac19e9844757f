import type { ClusterRole, RbacObjects, RbacRule, Role } from '../../../src/rbac/objects.ts'
import type { GrantUse } from '../../../src/rbac/usage/grant-use.ts'

/** The objects without what the grants' use calls unused. */
export function pruned(objects: RbacObjects, grants: readonly GrantUse[]): RbacObjects {
  const byBinding = new Map(grants.map((use) => [use.held.grant.binding, use]))
  const isKept = (binding: GrantUse['held']['grant']['binding']): boolean =>
    byBinding.get(binding)?.status !== 'unused'
  // In these tests every role is bound once.
  const byRole = new Map<Role | ClusterRole, GrantUse>(
    grants.map((use) => [use.held.grant.role, use]),
  )
  const keptRules = <R extends Role | ClusterRole>(role: R): R => ({
    ...role,
    rules: byRole.get(role)?.rules.flatMap(keptRule) ?? role.rules,
  })
  return {
    roles: objects.roles.map(keptRules),
    clusterRoles: objects.clusterRoles.map(keptRules),
    roleBindings: objects.roleBindings.filter(isKept),
    clusterRoleBindings: objects.clusterRoleBindings.filter(isKept),
  }
}

function keptRule(use: GrantUse['rules'][number]): RbacRule[] {
  const { rule, status, unusedVerbs, unusedApiGroups, unusedResources, unusedNames } = use
  if (status === 'unused') return []
  const without = (texts: readonly string[], unused: readonly string[]): readonly string[] =>
    texts.filter((text) => !unused.includes(text))
  return [
    {
      verbs: without(rule.verbs, unusedVerbs),
      apiGroups: without(rule.apiGroups, unusedApiGroups),
      resources: without(rule.resources, unusedResources),
      resourceNames: without(rule.resourceNames, unusedNames),
      nonResourceURLs: without(rule.nonResourceURLs, unusedResources),
    },
  ]
}
