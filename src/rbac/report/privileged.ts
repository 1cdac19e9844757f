import { privilegedGroup } from '../authorize.ts'
import type { ClusterUse } from '../usage/cluster-use.ts'
import { type Activity, activityOf } from './activity.ts'

/** A member of `system:masters` that was at work: break-glass access, or a component that has too much. */
export interface PrivilegedRow {
  readonly user: string
  readonly activity: Activity
  /** The API server, speaking to itself. */
  readonly isApiServer: boolean
}

/** Most active first; what is the API server's own last. */
export function privilegedRows(cluster: ClusterUse): readonly PrivilegedRow[] {
  return cluster.evidence.profiles
    .filter(({ groups }) => groups.texts.includes(privilegedGroup))
    .map((profile) => ({
      user: profile.user,
      activity: activityOf(profile.accesses()),
      isApiServer: profile.user === 'system:apiserver',
    }))
    .toSorted(
      (a, b) =>
        Number(a.isApiServer) - Number(b.isApiServer) || b.activity.requests - a.activity.requests,
    )
}
