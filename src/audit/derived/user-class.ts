import { innerOf } from '../event.ts'
import { cloudIdentityOf, isCloudComponent } from './cloud-provider.ts'
import type { FieldValue } from './field.ts'
import type { EventView } from './view.ts'
import { equalsOne, isNot, startsWithOne } from './wire-fact.ts'

export type UserClass =
  | 'anonymous'
  | 'serviceAccount'
  | 'node'
  | 'bootstrapToken'
  | 'systemComponent'
  | 'cloudIdentity'
  | 'person'

const serviceAccountPrefix = 'system:serviceaccount:'
const notOfSystem = isNot(startsWithOne('user.username', 'system:'))

/** The classes, and what the wire shows of each. */
export const userClasses: readonly (FieldValue & { readonly value: UserClass })[] = [
  {
    value: 'anonymous',
    meaning: '`system:anonymous`, or the group `system:unauthenticated`',
    facts: [
      [equalsOne('user.username', 'system:anonymous')],
      [equalsOne('user.groups', 'system:unauthenticated')],
    ],
  },
  {
    value: 'serviceAccount',
    meaning: '`system:serviceaccount:<namespace>:<name>`',
    facts: [[startsWithOne('user.username', serviceAccountPrefix)]],
  },
  {
    value: 'node',
    meaning: '`system:node:<name>`',
    facts: [[startsWithOne('user.username', 'system:node:')]],
  },
  {
    value: 'bootstrapToken',
    meaning: '`system:bootstrap:<token id>`',
    facts: [[startsWithOne('user.username', 'system:bootstrap:')]],
  },
  {
    value: 'systemComponent',
    meaning: 'any other name under `system:`, or that of a component of a managed service',
  },
  {
    value: 'cloudIdentity',
    meaning: 'a person or program that the IAM of EKS, GKE or AKS authenticated',
    facts: [[notOfSystem]],
  },
  { value: 'person', meaning: 'any other name', facts: [[notOfSystem]] },
]

/** Undefined when authentication failed. */
export function userClassOf(view: EventView): UserClass | undefined {
  const name = view.event.actor
  if (name === '') return undefined
  if (name === 'system:anonymous' || isUnauthenticated(view)) return 'anonymous'
  if (serviceAccountOf(name) !== undefined) return 'serviceAccount'
  if (name.startsWith('system:node:')) return 'node'
  if (name.startsWith('system:bootstrap:')) return 'bootstrapToken'
  if (/^system:/i.test(name) || isCloudComponent(name)) return 'systemComponent'
  return cloudIdentityOf(view) === undefined ? 'person' : 'cloudIdentity'
}

function isUnauthenticated(view: EventView): boolean {
  const groups = innerOf(view.event, 'user', 'groups')
  return Array.isArray(groups) && groups.includes('system:unauthenticated')
}

export interface ServiceAccount {
  readonly namespace: string
  readonly name: string
}

/** The service account of a user name; undefined when it is none (apiserver `serviceaccount.SplitUsername`). */
export function serviceAccountOf(username: string): ServiceAccount | undefined {
  if (!username.startsWith(serviceAccountPrefix)) return undefined
  const [namespace = '', name = '', ...rest] = username
    .slice(serviceAccountPrefix.length)
    .split(':', 3)
  return namespace === '' || name === '' || rest.length > 0 ? undefined : { namespace, name }
}
