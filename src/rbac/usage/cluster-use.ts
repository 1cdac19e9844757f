import { createAuthorizer, type Grant, type RbacAuthorizer } from '../authorize.ts'
import { userNameOf } from '../binding-index.ts'
import type { RbacObjects } from '../objects.ts'
import type { AccessProfile } from '../observe/profile.ts'
import type { ObservationWindow } from '../observe/window.ts'
import { leastUser } from '../suggest/proof.ts'
import { type SuggestSubject, subjectOfUser } from '../suggest/subject.ts'
import { type Excess, excessCounter } from './excess.ts'
import { type HeldGrant, type SubjectUse, type UseContext, useOf } from './subject-use.ts'
import { capabilitiesOf } from './universe.ts'

/** What a cluster grants, and what was seen of it. */
export interface ClusterEvidence {
  readonly objects: RbacObjects
  /** Of one cluster. */
  readonly profiles: readonly AccessProfile[]
  readonly window: ObservationWindow | undefined
  /** There were more users than are kept. */
  readonly isCut: boolean
  /** `1.36` */
  readonly kubernetesVersion: string
}

/** Grants laid beside use, for any subject of a cluster; each user is judged once. */
export interface ClusterUse {
  readonly evidence: ClusterEvidence
  readonly authorizer: RbacAuthorizer
  /** The events say by which binding requests were allowed. */
  readonly hasReasons: boolean
  /** Every user and service account that a binding names or that was seen, by name. */
  readonly users: () => readonly string[]
  readonly ofUser: (name: string) => SubjectUse
  /** What the group's bindings were good for to its members, as far as they were seen. */
  readonly ofGroup: (name: string) => SubjectUse
  readonly excessOf: (use: SubjectUse) => Excess
  readonly profilesOf: (subject: SuggestSubject) => readonly AccessProfile[]
}

export function createClusterUse(evidence: ClusterEvidence): ClusterUse {
  const { objects, profiles, kubernetesVersion } = evidence
  const authorizer = createAuthorizer(objects)
  const hasReasons = profiles.some((profile) =>
    profile.grants().some(({ reason }) => reason.startsWith('RBAC:')),
  )
  const context: UseContext = { authorizer, kubernetesVersion, hasReasons }
  const byUser = new Map(profiles.map((profile) => [profile.user, profile]))
  const uses = new Map<string, SubjectUse>()
  const ofUser = (name: string): SubjectUse => {
    const known = uses.get(name)
    if (known !== undefined) return known
    const profile = byUser.get(name)
    const groups = [...leastUser(subjectOfUser(name)).groups, ...(profile?.groups.texts ?? [])]
    const user = { name, groups: [...new Set(groups)] }
    const use = useOf(user, profile?.accesses() ?? [], context)
    uses.set(name, use)
    return use
  }
  const membersOf = (group: string): readonly AccessProfile[] =>
    profiles.filter(({ groups }) => groups.texts.includes(group))
  return {
    evidence,
    authorizer,
    hasReasons,
    users: () => [...new Set([...byUser.keys(), ...boundUsers(objects)])].sort(),
    ofUser,
    ofGroup: (name) =>
      groupUse(
        name,
        membersOf(name).map(({ user }) => ofUser(user)),
        context,
      ),
    excessOf: excessCounter(
      capabilitiesOf(
        objects,
        profiles.flatMap((one) => one.accesses()),
      ),
    ),
    profilesOf: ({ kind, name }) => {
      const profile = byUser.get(name)
      if (kind === 'Group') return membersOf(name)
      return profile === undefined ? [] : [profile]
    },
  }
}

function boundUsers({ clusterRoleBindings, roleBindings }: RbacObjects): string[] {
  const names = [...clusterRoleBindings, ...roleBindings].flatMap((binding) =>
    binding.subjects.map((subject) =>
      userNameOf(subject, binding.kind === 'RoleBinding' ? binding.namespace : ''),
    ),
  )
  return names.filter((name) => name !== undefined)
}

function groupUse(group: string, members: readonly SubjectUse[], context: UseContext): SubjectUse {
  const own = useOf({ name: '', groups: [group] }, [], context)
  const isOfGroup = ({ subject }: Pick<Grant, 'subject'>): boolean =>
    subject.kind === 'Group' && subject.name === group
  return {
    ...own,
    grants: unitedGrants([
      ...own.grants.filter(({ grant }) => isOfGroup(grant)),
      ...members.flatMap(({ grants }) => grants.filter(({ grant }) => isOfGroup(grant))),
    ]).map((held): HeldGrant => ({ ...held, through: 'itself' })),
    unresolved: own.unresolved.filter(isOfGroup),
  }
}

/** One grant for each binding, with what it was good for to all. */
export function unitedGrants(grants: readonly HeldGrant[]): readonly HeldGrant[] {
  return [...Map.groupBy(grants, ({ grant }) => grant.binding).values()].map(
    ([first, ...others]): HeldGrant => ({
      ...first!,
      served: first!.served.map((served, rule) => [
        ...served,
        ...others.flatMap((other) => other.served[rule] ?? []),
      ]),
    }),
  )
}
