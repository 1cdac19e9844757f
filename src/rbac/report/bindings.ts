import { type NamedGrant, parseGrant } from '../../audit/grant.ts'
import { danglingBindings } from '../dangling.ts'
import type { ClusterRoleBinding, RoleBinding } from '../objects.ts'
import { type ClusterUse, unitedGrants } from '../usage/cluster-use.ts'
import { type GrantUse, grantUseOf } from '../usage/grant-use.ts'

/**
 * `exercised`: the API server named it as the reason of a request. `notNamed`: it would have allowed requests, but other bindings were named
 * for them: a redundant grant. `unused`: it allows nothing that was done. `dangling`: there is no such role. `noSubjects`: it is for nobody.
 */
export type BindingStatus = 'exercised' | 'notNamed' | 'unused' | 'dangling' | 'noSubjects'

/** What a binding was good for, to all of its subjects together. */
export interface BindingRow {
  readonly binding: RoleBinding | ClusterRoleBinding
  readonly status: BindingStatus
  /** Requests that the API server said it allowed by it; undefined where events give no reasons. */
  readonly named: number | undefined
  readonly lastNamedUs: number | undefined
  /** Undefined if no subject of it was seen, or it gives nothing. */
  readonly use: GrantUse | undefined
  /** Made by Kubernetes itself, which makes it again. */
  readonly isBuiltIn: boolean
}

interface Named {
  requests: number
  lastSeenUs: number
}

/** All bindings: those never exercised first, in the order of the manifests. */
export function bindingRows(cluster: ClusterUse): readonly BindingRow[] {
  const { clusterRoleBindings, roleBindings } = cluster.evidence.objects
  const dangling = new Set(danglingBindings(cluster.evidence.objects).map(({ binding }) => binding))
  const held = unitedGrants(cluster.users().flatMap((user) => cluster.ofUser(user).grants))
  const uses = new Map(held.map((each) => [each.grant.binding, grantUseOf(each)]))
  const named = namedBindings(cluster)
  const rows = [...clusterRoleBindings, ...roleBindings].map((binding): BindingRow => {
    const naming = named.get(keyOf(binding))
    const use = uses.get(binding)
    const requests = cluster.hasReasons ? (naming?.requests ?? 0) : undefined
    return {
      binding,
      status: statusOf(binding, requests, use, dangling.has(binding)),
      named: requests,
      lastNamedUs: naming?.lastSeenUs,
      use,
      isBuiltIn: isBuiltIn(binding),
    }
  })
  const order: readonly BindingStatus[] = [
    'dangling',
    'noSubjects',
    'unused',
    'notNamed',
    'exercised',
  ]
  return rows.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
}

function statusOf(
  { subjects }: RoleBinding | ClusterRoleBinding,
  named: number | undefined,
  use: GrantUse | undefined,
  isDangling: boolean,
): BindingStatus {
  if (isDangling) return 'dangling'
  if (subjects.length === 0) return 'noSubjects'
  if (named !== undefined && named > 0) return 'exercised'
  if (use === undefined || use.requests === 0) return 'unused'
  return named === undefined ? 'exercised' : 'notNamed'
}

/** How often the API server named each binding. */
function namedBindings(cluster: ClusterUse): ReadonlyMap<string, Named> {
  const named = new Map<string, Named>()
  for (const profile of cluster.evidence.profiles)
    for (const { reason, requests, lastSeenUs } of profile.grants()) {
      const grant = parseGrant(reason)
      if (grant === undefined) continue
      const key = keyOf(grant.binding)
      const known = named.get(key) ?? { requests: 0, lastSeenUs: 0 }
      known.requests += requests
      known.lastSeenUs = Math.max(known.lastSeenUs, lastSeenUs)
      named.set(key, known)
    }
  return named
}

function keyOf(binding: NamedGrant['binding'] | RoleBinding | ClusterRoleBinding): string {
  const namespace = 'namespace' in binding ? binding.namespace : ''
  return JSON.stringify([binding.kind, namespace, binding.name])
}

/** Kubernetes labels what it makes at start-up (k/k `bootstrappolicy`). */
export function isBuiltIn({ labels }: RoleBinding | ClusterRoleBinding): boolean {
  return labels['kubernetes.io/bootstrapping'] === 'rbac-defaults'
}
