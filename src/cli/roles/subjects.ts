import type { Command } from 'commander'
import { KubewitnessError } from '../../errors.ts'
import { type SuggestSubject, subjectOfUser } from '../../rbac/suggest/subject.ts'

/** Whom a command is about: exactly one of these. */
export interface SubjectOptions {
  readonly user?: string
  readonly serviceaccount?: string
  readonly group?: string
  readonly all: boolean
}

export function addSubjectOptions(command: Command): Command {
  return command
    .option('--user <name>', 'for this user')
    .option('--serviceaccount <namespace:name>', 'for this service account')
    .option('--group <name>', 'for this group: what its members did')
    .option(
      '--all',
      'for every service account, and every user that is no part of Kubernetes',
      false,
    )
}

/** Throws `usage.invalid` unless exactly one subject is given. */
export function checkSubject({ user, serviceaccount, group, all }: SubjectOptions): void {
  const given = [user, serviceaccount, group, all || undefined].filter((one) => one !== undefined)
  if (given.length !== 1)
    throw new KubewitnessError('usage.invalid', 'give exactly one subject', {
      next: 'use one of --user, --serviceaccount, --group and --all',
    })
  if (serviceaccount !== undefined && !/^[^:]+:[^:]+$/.test(serviceaccount))
    throw new KubewitnessError('usage.invalid', `${serviceaccount} is no service account`, {
      next: 'write it NAMESPACE:NAME',
    })
}

/** The subjects that are asked for; `users` are those there are, for `--all`. */
export function subjectsOf(
  users: readonly string[],
  { user, serviceaccount, group }: SubjectOptions,
): readonly SuggestSubject[] {
  if (user !== undefined) return [subjectOfUser(user)]
  if (serviceaccount !== undefined)
    return [subjectOfUser(`system:serviceaccount:${serviceaccount}`)]
  if (group !== undefined) return [{ kind: 'Group', name: group }]
  return [...new Set(users)].filter(isOfAll).map(subjectOfUser)
}

/** Tells whose profile the subjects that are asked for need. */
export function wantsOf({
  user,
  serviceaccount,
  all,
}: SubjectOptions): ((name: string) => boolean) | undefined {
  const one = serviceaccount === undefined ? user : `system:serviceaccount:${serviceaccount}`
  if (one !== undefined) return (name) => name === one
  // Members of a group may be anybody.
  return all ? isOfAll : undefined
}

function isOfAll(name: string): boolean {
  return !name.startsWith('system:') || subjectOfUser(name).kind === 'ServiceAccount'
}
