import type { AuditPolicy } from '../../audit/policy/types.ts'
import type { ObservedAccess } from '../observe/access.ts'
import type { AccessProfile } from '../observe/profile.ts'
import type { ObservationWindow } from '../observe/window.ts'
import { assemble, rbacObjectsOf, type SuggestedObject } from './assemble.ts'
import { type Confidence, confidenceOf, type Warning, warningsOf } from './confidence.ts'
import { whyNotGrantable } from './grantable.ts'
import { impliedNeeds, type UnseenNeed, unseenNeeds } from './implied.ts'
import { distinctNeeds, indexCovers, keyOfRequest, type Need, requestOfAccess } from './need.ts'
import type { SuggestOptions } from './options.ts'
import { discoveryOf, type Proof, prove } from './proof.ts'
import type { SuggestSubject } from './subject.ts'
import { expanded, type Widening, widen, withoutCovered } from './widen.ts'

/** What one subject needs in one cluster, and how sure that is. */
export interface Suggestion {
  readonly cluster: string
  readonly subject: SuggestSubject
  /** Roles before their bindings; empty when the subject needs nothing. */
  readonly objects: readonly SuggestedObject[]
  /** Where the objects allow more than was seen. */
  readonly widenings: readonly Widening[]
  /** What may be needed and is not granted, for no event can tell. */
  readonly unseen: readonly UnseenNeed[]
  /** What was used, and no rule can grant. */
  readonly notGranted: readonly { readonly access: ObservedAccess; readonly why: string }[]
  readonly proof: Proof
  readonly confidence: Confidence
  readonly warnings: readonly Warning[]
}

/** The evidence for one subject: its own profile, or those of a group's members. */
export interface SuggestEvidence {
  readonly cluster: string
  readonly subject: SuggestSubject
  readonly profiles: readonly AccessProfile[]
  readonly window: ObservationWindow | undefined
  /** The audit policy by which the events were recorded, if it is known. */
  readonly policy?: AuditPolicy
}

/**
 * The least roles and bindings by which the subject can do what it did, proven by a replay. Depends on the set of what was
 * observed alone. More of it never takes a right away that was used.
 */
export function suggest(evidence: SuggestEvidence, options: SuggestOptions): Suggestion {
  const { cluster, subject, profiles } = evidence
  const accesses = profiles.flatMap((profile) => profile.accesses())
  const asked = accesses.filter(({ outcome }) => outcome !== 'wanted' || options.includeDenied)
  const isDiscovery = discoveryOf(subject)
  const notGranted: { access: ObservedAccess; why: string }[] = []
  const unseen = distinctUnseen(asked.flatMap(unseenNeeds))
  const refusals = accesses.filter(({ outcome }) => outcome === 'wanted').map(requestOfAccess)
  const refusal = indexCovers(options.includeDenied ? [] : refusals)
  const used = indexCovers(asked.map(requestOfAccess))
  const observed = asked.flatMap((access): Need[] => {
    const request = requestOfAccess(access)
    const why = whyNotGrantable(request)
    if (why !== undefined) notGranted.push({ access, why })
    if (why !== undefined || isDiscovery(request)) return []
    const notes =
      access.outcome === 'wanted' ? ['some of it was refused, and is granted as asked'] : []
    // What was refused while the request itself worked, that version does not ask for.
    const implied = impliedNeeds(access, options).filter(
      (need) => used.covers(need.request) || !refusal.isAnyCoveredBy(need.request),
    )
    return [{ request, evidence: [access], notes }, ...implied]
  })
  const granted = options.grantUnseen ? unseen.map(needOfUnseen) : []
  const needs = distinctNeeds([...observed, ...granted].filter(isGrantable))
  const allowed = indexCovers(needs.map(({ request }) => request))
  const refused = indexCovers(refusals.filter((request) => !allowed.covers(request)))
  const wide = widen(needs, refused, options)
  const full = expanded(wide.needs, refused, options)
  const objects = assemble(withoutCovered(full.needs), subject, options)
  return {
    cluster,
    subject,
    objects,
    widenings: [...notKeptApart(asked), ...wide.widenings, ...full.widenings],
    unseen: options.grantUnseen ? [] : unseen,
    notGranted,
    proof: prove(rbacObjectsOf(objects), accesses, subject),
    confidence: confidenceOf(evidence),
    warnings: warningsOf(evidence, accesses),
  }
}

function isGrantable({ request }: Need): boolean {
  return whyNotGrantable(request) === undefined
}

function needOfUnseen({ request, why, evidence }: UnseenNeed): Need {
  return { request, evidence, notes: [why] }
}

function distinctUnseen(unseen: readonly UnseenNeed[]): UnseenNeed[] {
  return [...Map.groupBy(unseen, ({ request, why }) => keyOfRequest(request) + why)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => ({ ...group[0]!, evidence: group.flatMap(({ evidence }) => evidence) }))
}

function notKeptApart(accesses: readonly ObservedAccess[]): Widening[] {
  return accesses
    .filter(({ name, namespace }) => name === null || namespace === null)
    .map((access) => ({ request: requestOfAccess(access), why: 'notKeptApart' }))
}
