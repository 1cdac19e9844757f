import type { ClusterRoleBinding, RoleBinding, Subject } from '../objects.ts'
import type { ClusterUse } from '../usage/cluster-use.ts'
import { isEverybody } from '../usage/subject-use.ts'
import { type Activity, activityOf } from './activity.ts'
import { isBuiltIn } from './bindings.ts'
import { usesByHolder } from './holders.ts'

/** A binding for everybody, for every service account, or for strangers. */
export interface EverybodyRow {
  readonly subject: Subject
  readonly binding: RoleBinding | ClusterRoleBinding
  readonly isBuiltIn: boolean
  readonly activity: Activity
}

/** Those that Kubernetes did not make first. */
export function everybodyRows(cluster: ClusterUse): readonly EverybodyRow[] {
  const { clusterRoleBindings, roleBindings } = cluster.evidence.objects
  const uses = usesByHolder(cluster)
  return [...clusterRoleBindings, ...roleBindings]
    .flatMap((binding) =>
      binding.subjects.filter(isForEverybody).map((subject) => ({
        subject,
        binding,
        isBuiltIn: isBuiltIn(binding),
        activity: activityOf((uses.get(subject) ?? []).flatMap(({ accesses }) => accesses)),
      })),
    )
    .toSorted((a, b) => Number(a.isBuiltIn) - Number(b.isBuiltIn))
}

function isForEverybody({ kind, name }: Subject): boolean {
  return (kind === 'Group' && isEverybody(name)) || (kind === 'User' && name === 'system:anonymous')
}
