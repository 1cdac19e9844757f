import type { AuditPolicyRule } from '../../audit/policy/types.ts'
import { rulesDeciding } from './deciding.ts'
import type { CheckedPolicy, Finding } from './finding.ts'
import { secretRequests } from './secret-bodies.ts'

/**
 * An audit policy that records everything as the STIG wants, with or without the exception that CIS wants. One that does not
 * try to meet the STIG has no conflict.
 */
export function findCisStigConflict({ policy, text }: CheckedPolicy): readonly Finding[] {
  const index = policy.rules.findIndex(isRichCatchAll)
  if (index < 0 || text.includes('V-242403')) return []
  const levels = rulesDeciding(policy, secretRequests).map(({ level }) => level)
  const isCis = levels.every((level) => level === 'Metadata')
  const isStig = policy.rules.every(({ level }) => level === 'RequestResponse')
  if (!isCis && !isStig) return []
  return [
    {
      code: 'policy.cisStig',
      field: `rules[${index}].level`,
      message: isStig
        ? 'RequestResponse for everything meets DISA STIG V-242403 and fails CIS 3.2.2, which wants Metadata only for Secrets, ConfigMaps and TokenReviews; both cannot be met: choose, and name V-242403 in a comment with the reason'
        : 'secrets at Metadata meet CIS 3.2.2 and fail DISA STIG V-242403, which wants RequestResponse for everything; both cannot be met: name V-242403 in a comment with the reason for the exception',
    },
  ]
}

function isRichCatchAll(rule: AuditPolicyRule): boolean {
  const { level, users, userGroups, verbs, resources, namespaces, nonResourceURLs } = rule
  const limits = [users, userGroups, verbs, resources, namespaces, nonResourceURLs]
  return level === 'RequestResponse' && limits.every(({ length }) => length === 0)
}
