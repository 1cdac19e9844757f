import { type Confidence, confidenceOf } from '../suggest/confidence.ts'
import type { SuggestSubject } from '../suggest/subject.ts'
import { subjectOfUser } from '../suggest/subject.ts'
import type { ClusterUse } from '../usage/cluster-use.ts'
import { diffSubject, type SubjectDiff } from '../usage/diff.ts'
import { isEverybody } from '../usage/subject-use.ts'
import { type BindingRow, bindingRows, isBuiltIn } from './bindings.ts'
import { type ClusterAdminRow, clusterAdminRows } from './cluster-admins.ts'
import { type EverybodyRow, everybodyRows } from './everybody.ts'
import { type GroupGrantRow, groupGrantRows } from './group-grants.ts'
import { type PrivilegedRow, privilegedRows } from './privileged.ts'

/** What a cluster's grants look like beside what was done by them. */
export interface RolesReport {
  readonly cluster: ClusterUse
  /** How far the window can be trusted; of each subject see its own. */
  readonly confidence: Confidence
  /** Service accounts, users and groups that hold something, without those of Kubernetes itself; most excess first. */
  readonly subjects: readonly SubjectDiff[]
  readonly bindings: readonly BindingRow[]
  /** Whoever may do everything; those who use least of it first. */
  readonly clusterAdmins: readonly ClusterAdminRow[]
  /** Members of `system:masters`, whom no role stops. */
  readonly privileged: readonly PrivilegedRow[]
  /** Users that live off a grant of one of their groups. */
  readonly groupGrants: readonly GroupGrantRow[]
  /** Service accounts that pods run as when nobody chose one, with rights of their own. */
  readonly defaultAccounts: readonly SubjectDiff[]
  /** What everybody, every service account or strangers hold. */
  readonly everybody: readonly EverybodyRow[]
}

export function reportOf(cluster: ClusterUse): RolesReport {
  const users = cluster.users().filter(isReported).map(subjectOfUser)
  const diffs = [...users, ...groupsOf(cluster)]
    .map((subject) => diffSubject(subject, cluster))
    .filter(holdsSomething)
  return {
    cluster,
    confidence: confidenceOf({
      cluster: '',
      subject: subjectOfUser(''),
      profiles: [],
      window: cluster.evidence.window,
    }),
    subjects: diffs.toSorted(byExcess),
    bindings: bindingRows(cluster),
    clusterAdmins: clusterAdminRows(cluster),
    privileged: privilegedRows(cluster),
    groupGrants: groupGrantRows(cluster),
    defaultAccounts: diffs.filter(({ subject }) => isDefaultAccount(subject)),
    everybody: everybodyRows(cluster),
  }
}

function isReported(user: string): boolean {
  return subjectOfUser(user).kind === 'ServiceAccount' || !user.startsWith('system:')
}

function groupsOf({ evidence }: ClusterUse): SuggestSubject[] {
  const { clusterRoleBindings, roleBindings } = evidence.objects
  const names = [...clusterRoleBindings, ...roleBindings]
    .flatMap(({ subjects }) => subjects)
    .filter(
      ({ kind, name }) => kind === 'Group' && !isEverybody(name) && !name.startsWith('system:'),
    )
    .map(({ name }) => name)
  return [...new Set(names)].sort().map((name) => ({ kind: 'Group', name }))
}

/** Something that Kubernetes does not give it anyway: its own components hold only that. */
function holdsSomething({ grants, unresolved, excess }: SubjectDiff): boolean {
  const isPrivileged = grants.length === 0 && excess.granted > 0
  const isGiven = grants.some(({ held }) => !isBuiltIn(held.grant.binding))
  return isGiven || isPrivileged || unresolved.length > 0
}

function byExcess(a: SubjectDiff, b: SubjectDiff): number {
  return (
    b.excess.excess - a.excess.excess ||
    b.excess.dangers.length - a.excess.dangers.length ||
    (a.subject.name < b.subject.name ? -1 : 1)
  )
}

function isDefaultAccount({ kind, name }: SuggestSubject): boolean {
  return kind === 'ServiceAccount' && name.endsWith(':default')
}
