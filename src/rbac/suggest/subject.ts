import { createHash } from 'node:crypto'
import { rbacApiGroup, type Subject } from '../objects.ts'
import { serviceAccountOf } from '../observe/impersonation.ts'
import type { AccessProfile } from '../observe/profile.ts'

/** Whom a suggestion is for. */
export interface SuggestSubject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount'
  /** As authentication has it: of a service account `system:serviceaccount:NAMESPACE:NAME`. */
  readonly name: string
}

/** The user of that name: a service account, if it is called like one. */
export function subjectOfUser(name: string): SuggestSubject {
  return { kind: serviceAccountOf(name) === undefined ? 'User' : 'ServiceAccount', name }
}

/** The profiles that the subject's rights were used in. */
export function profilesOf(
  profiles: readonly AccessProfile[],
  { kind, name }: SuggestSubject,
): AccessProfile[] {
  return profiles.filter(({ user, groups }) =>
    kind === 'Group' ? groups.texts.includes(name) : user === name,
  )
}

/** As a binding names it. */
export function rbacSubject({ kind, name }: SuggestSubject): Subject {
  const account = kind === 'ServiceAccount' ? serviceAccountOf(name) : undefined
  if (account !== undefined) return { kind, apiGroup: '', ...account }
  return { kind, apiGroup: rbacApiGroup, name, namespace: '' }
}

/**
 * The name of the objects: `kubewitness:ci:deployer`, `kubewitness:alice`, `kubewitness:group:dev`. Characters that a name
 * of an object should not have are replaced, and a hash tells apart what would be alike then.
 */
export function objectNameOf({ kind, name }: SuggestSubject): string {
  const account = serviceAccountOf(name)
  const plain = account === undefined ? name : `${account.namespace}:${account.name}`
  const prefix = kind === 'Group' ? 'kubewitness:group' : 'kubewitness'
  const slug = plain
    .toLowerCase()
    .replaceAll(/[^a-z0-9:.-]+/g, '-')
    .slice(0, 150)
  // A user may be called as a service account is printed here.
  const isExact = slug === plain && (account !== undefined || !plain.includes(':'))
  const hash = isExact ? '' : `-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
  return `${prefix}:${slug}${hash}`
}
