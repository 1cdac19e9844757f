import type { AuditPolicyRule } from '../../audit/policy/types.ts'
import type { CheckedPolicy, Finding } from './finding.ts'

/** What bodies cost where the audit policy does nothing about it. */
export function findBodyCosts(checked: CheckedPolicy): readonly Finding[] {
  return [...findManagedFields(checked), ...findPoisonPatch(checked)]
}

function findManagedFields({ policy }: CheckedPolicy): readonly Finding[] {
  return policy.rules.flatMap((rule, i) => {
    const isOmitted = rule.omitManagedFields ?? policy.omitManagedFields
    if (isOmitted || !recordsBodies(rule)) return []
    const own = rule.omitManagedFields === false
    return [
      {
        code: 'policy.managedFields',
        field: `rules[${i}].${own ? 'omitManagedFields' : 'level'}`,
        message: `${rule.level} records managed fields, often half of a body; set omitManagedFields: true`,
      },
    ]
  })
}

const truncationFlag = /--audit-(?:webhook|log)-truncate-enabled/

/** Fixed by transcoding of the patch in 1.37 (kubernetes/kubernetes#139419). The flag is not in the file, but may be named in it. */
function findPoisonPatch({ policy, text, minorRelease }: CheckedPolicy): readonly Finding[] {
  if (minorRelease >= 37 || truncationFlag.test(text)) return []
  const index = policy.rules.findIndex(
    (rule) => recordsBodies(rule) && (rule.verbs.length === 0 || rule.verbs.includes('patch')),
  )
  const level = policy.rules[index]?.level
  if (level === undefined) return []
  return [
    {
      code: 'policy.poisonPatch',
      field: `rules[${index}].level`,
      message: `before 1.37, one PATCH body that is no JSON, recorded at ${level}, loses a whole batch of events; start the API server with --audit-webhook-truncate-enabled and name the flag in a comment of this file`,
    },
  ]
}

const bodyless = new Set(['get', 'list', 'watch'])

/** Reads have no request body. */
function recordsBodies({ level, verbs, nonResourceURLs }: AuditPolicyRule): boolean {
  if (nonResourceURLs.length > 0 || level === 'None' || level === 'Metadata') return false
  return level === 'RequestResponse' || verbs.length === 0 || verbs.some((v) => !bodyless.has(v))
}
