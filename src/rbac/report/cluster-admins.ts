import type { ClusterRoleBinding, RbacRule, RoleBinding, Subject } from '../objects.ts'
import type { ClusterUse } from '../usage/cluster-use.ts'
import { type Activity, activityOf } from './activity.ts'
import { usesByHolder } from './holders.ts'

/** A subject that may do everything, in the cluster or in one namespace. */
export interface ClusterAdminRow {
  readonly holder: Subject
  readonly binding: RoleBinding | ClusterRoleBinding
  /** What was done by this binding: of a group, by its members. */
  readonly activity: Activity
  /** Users that did it. */
  readonly users: readonly string[]
}

/** Those who use least of it first: the likeliest to do without. */
export function clusterAdminRows(cluster: ClusterUse): readonly ClusterAdminRow[] {
  const { clusterRoles, clusterRoleBindings, roleBindings } = cluster.evidence.objects
  const almighty = new Set(
    clusterRoles.filter(({ rules }) => rules.some(allowsEverything)).map(({ name }) => name),
  )
  const uses = usesByHolder(cluster)
  return [...clusterRoleBindings, ...roleBindings]
    .filter(({ roleRef }) => roleRef.kind === 'ClusterRole' && almighty.has(roleRef.name))
    .flatMap((binding) =>
      binding.subjects.map((holder): ClusterAdminRow => {
        const done = uses.get(holder) ?? []
        return {
          holder: withNamespace(holder, binding),
          binding,
          activity: activityOf(done.flatMap(({ accesses }) => accesses)),
          users: done.map(({ user }) => user),
        }
      }),
    )
    .toSorted((a, b) => a.activity.kinds - b.activity.kinds)
}

function allowsEverything(rule: RbacRule): boolean {
  const { verbs, apiGroups, resources, resourceNames } = rule
  return (
    [verbs, apiGroups, resources].every((texts) => texts.includes('*')) && !resourceNames.length
  )
}

function withNamespace(holder: Subject, binding: RoleBinding | ClusterRoleBinding): Subject {
  const isLocal =
    holder.kind === 'ServiceAccount' && holder.namespace === '' && binding.kind === 'RoleBinding'
  return isLocal ? { ...holder, namespace: binding.namespace } : holder
}
