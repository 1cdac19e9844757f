import type { ClusterRoleBinding, RoleBinding } from '../objects.ts'
import type { ObservedAccess } from '../observe/access.ts'
import type { SuggestSubject } from '../suggest/subject.ts'
import { subjectOfUser } from '../suggest/subject.ts'
import type { ClusterUse } from '../usage/cluster-use.ts'
import type { SubjectUse } from '../usage/subject-use.ts'
import { type Activity, activityOf } from './activity.ts'

/** What a user did that nothing but a grant of a group allows it. */
export interface GroupGrantRow {
  readonly subject: SuggestSubject
  readonly group: string
  readonly bindings: readonly (RoleBinding | ClusterRoleBinding)[]
  readonly activity: Activity
}

export function groupGrantRows(cluster: ClusterUse): readonly GroupGrantRow[] {
  return cluster
    .users()
    .flatMap((user) => rowsOf(cluster.ofUser(user)))
    .toSorted((a, b) => b.activity.requests - a.activity.requests)
}

function rowsOf({ user, grants }: SubjectUse): GroupGrantRow[] {
  const byGroup = grants.filter(({ through }) => through === 'group')
  if (byGroup.length === 0) return []
  const others = grants.filter(({ through }) => through !== 'group')
  const owned = new Set(accessesOf(others))
  return [...Map.groupBy(byGroup, ({ grant }) => grant.subject.name)].flatMap(([group, held]) => {
    const accesses = accessesOf(held).filter((access) => !owned.has(access))
    const bindings = held
      .filter((one) => accessesOf([one]).some((access) => !owned.has(access)))
      .map(({ grant }) => grant.binding)
    return accesses.length === 0
      ? []
      : [{ subject: subjectOfUser(user.name), group, bindings, activity: activityOf(accesses) }]
  })
}

function accessesOf(grants: SubjectUse['grants']): ObservedAccess[] {
  return grants.flatMap(({ served }) => served.flat().map(({ access }) => access))
}
