import type { AuditPolicy, AuditPolicyRule } from '../../audit/policy/types.ts'

/** Whom an audit policy may treat by rules of their own. */
export interface RecordedUser {
  readonly name: string
  readonly groups: readonly string[]
}

/**
 * What an audit policy leaves out of the requests of a user, one sentence each: what stands in such a rule, and meets none before
 * it, is not seen, so that a suggestion may lack it.
 */
export function unrecordedOf({ rules, omitStages }: AuditPolicy, user: RecordedUser): string[] {
  const stages = omitStages.includes('ResponseComplete')
    ? ['the audit policy omits the stage ResponseComplete: no answers are recorded']
    : []
  const dropped = rules.flatMap((rule, index) => {
    const records = rule.level !== 'None' && !rule.omitStages.includes('ResponseComplete')
    return records || !mayMatch(rule, user)
      ? []
      : [
          `rules[${index}] of the audit policy leaves out ${asked(rule)}, unless a rule before it records it`,
        ]
  })
  return [...stages, ...dropped]
}

function mayMatch({ users, userGroups }: AuditPolicyRule, { name, groups }: RecordedUser): boolean {
  return (
    (users.length === 0 || users.includes(name)) &&
    (userGroups.length === 0 || userGroups.some((group) => groups.includes(group)))
  )
}

function asked({ verbs, resources, namespaces, nonResourceURLs }: AuditPolicyRule): string {
  const kinds = resources.map(({ group, resources: names, resourceNames }) =>
    [
      names.length === 0 ? 'any resource' : names.join(','),
      ...(group === '' ? [] : [`of ${group}`]),
      ...(resourceNames.length === 0 ? [] : [`named ${resourceNames.join(',')}`]),
    ].join(' '),
  )
  const what = [...kinds, ...(nonResourceURLs.length === 0 ? [] : [nonResourceURLs.join(',')])]
  return [
    verbs.length === 0 ? 'any verb' : verbs.join(','),
    `on ${what.length === 0 ? 'anything' : what.join(' and ')}`,
    ...(namespaces.length === 0 ? [] : [`in ${namespaces.join(',')}`]),
  ].join(' ')
}
