import type { Subject } from '../objects.ts'
import type { ObservedAccess } from '../observe/access.ts'
import type { ClusterUse } from '../usage/cluster-use.ts'

/** What one user did that a binding allows it for being this subject. */
export interface HolderUse {
  readonly user: string
  readonly accesses: readonly ObservedAccess[]
}

/** By subject, as it stands in its binding; where a user is several of them, the first counts. */
export function usesByHolder(cluster: ClusterUse): ReadonlyMap<Subject, readonly HolderUse[]> {
  const uses = cluster.users().flatMap((name) => {
    const { user, grants } = cluster.ofUser(name)
    return grants.map(({ grant, served }) => ({
      subject: grant.subject,
      use: { user: user.name, accesses: served.flat().map(({ access }) => access) },
    }))
  })
  return new Map(
    [...Map.groupBy(uses, ({ subject }) => subject)].map(([subject, found]) => [
      subject,
      found.map(({ use }) => use).filter(({ accesses }) => accesses.length > 0),
    ]),
  )
}
