import type { UnresolvedGrant } from '../authorize.ts'
import type { ObservedAccess } from '../observe/access.ts'
import type { Confidence, Warning } from '../suggest/confidence.ts'
import { confidenceOf, warningsOf } from '../suggest/confidence.ts'
import { requestOfAccess } from '../suggest/need.ts'
import type { SuggestSubject } from '../suggest/subject.ts'
import type { ClusterUse } from './cluster-use.ts'
import type { Excess } from './excess.ts'
import { type GrantUse, grantUseOf } from './grant-use.ts'

/** What a subject holds beside what it did. */
export interface SubjectDiff {
  readonly subject: SuggestSubject
  /** Those that the subject holds itself or by a group that it was put into; not those that everybody holds. */
  readonly grants: readonly GrantUse[]
  readonly unresolved: readonly UnresolvedGrant[]
  /** Allowed by RBAC when it was asked, and refused by these manifests. */
  readonly refusedNow: readonly ObservedAccess[]
  /** Refused when it was asked; `isAllowedNow`: by these manifests it is not. */
  readonly wanted: readonly { readonly access: ObservedAccess; readonly isAllowedNow: boolean }[]
  /** Distinct requests that were allowed by another authorizer than RBAC. */
  readonly byOthers: number
  readonly requests: number
  readonly excess: Excess
  readonly confidence: Confidence
  readonly warnings: readonly Warning[]
}

export function diffSubject(subject: SuggestSubject, cluster: ClusterUse): SubjectDiff {
  const use =
    subject.kind === 'Group' ? cluster.ofGroup(subject.name) : cluster.ofUser(subject.name)
  const { window, isCut } = cluster.evidence
  const profiles = cluster.profilesOf(subject)
  const evidence = { cluster: window?.cluster ?? '', subject, profiles, window }
  const access = cluster.authorizer.forUser(use.user)
  const confidence = confidenceOf(evidence)
  return {
    subject,
    grants: use.grants.filter(({ through }) => through !== 'everybody').map(grantUseOf),
    unresolved: use.unresolved,
    refusedNow: use.refusedNow,
    wanted: use.wanted.map((each) => ({
      access: each,
      isAllowedNow: access.authorize(requestOfAccess(each)).allowed,
    })),
    byOthers: use.byOthers.length,
    requests: profiles.reduce((all, profile) => all + profile.requests, 0),
    excess: cluster.excessOf(use),
    confidence: profiles.length > 0 ? confidence : neverSeen(confidence, isCut),
    warnings: warningsOf(
      evidence,
      profiles.flatMap((profile) => profile.accesses()),
    ),
  }
}

/** That somebody never came says no more than the time that was watched, and nothing if not everybody is kept. */
function neverSeen({ level, reasons }: Confidence, isCut: boolean): Confidence {
  const seen = 'the subject was never seen'
  return isCut
    ? { level: 'low', reasons: [...reasons, `${seen}, but there were more users than are kept`] }
    : { level, reasons: [...reasons, seen] }
}

/** Whether grants and use differ. */
export function isDifferent({ grants, unresolved, refusedNow }: SubjectDiff): boolean {
  return (
    unresolved.length > 0 || refusedNow.length > 0 || grants.some(({ status }) => status !== 'used')
  )
}
