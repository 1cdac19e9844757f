import type { AuditGroupResources, AuditPolicyRule } from '../../audit/policy/types.ts'
import { builtInGroupOf, builtInResources } from '../api-groups.ts'
import type { CheckedPolicy, Finding } from './finding.ts'

/** Verbs and resources that no request has. */
export function findUnknownNames({ policy }: CheckedPolicy): readonly Finding[] {
  return policy.rules.flatMap((rule, i) => [
    ...unknownVerbs(rule, `rules[${i}].verbs`),
    ...rule.resources.flatMap((entry, j) => unknownResources(entry, `rules[${i}].resources[${j}]`)),
  ])
}

/** Those of RBAC and of admission, none of which is a request's. */
const otherVerbs = new Set(['approve', 'attest', 'bind', 'escalate', 'impersonate', 'sign', 'use'])

function unknownVerbs({ verbs }: AuditPolicyRule, field: string): readonly Finding[] {
  return verbs.flatMap((verb, i) => {
    const isOther = otherVerbs.has(verb)
    if (!isOther && verb === verb.toLowerCase()) return []
    const remedy = isOther ? 'it is a verb of RBAC; remove it' : `write ${verb.toLowerCase()}`
    return [
      {
        code: 'policy.noSuchVerb' as const,
        field: `${field}[${i}]`,
        message: `no request has the verb ${JSON.stringify(verb)}; ${remedy}`,
      },
    ]
  })
}

function unknownResources(
  { group, resources }: AuditGroupResources,
  field: string,
): readonly Finding[] {
  const known = builtInResources.get(group)
  if (known === undefined) return []
  return resources.flatMap((text, i) => {
    const [resource = ''] = text.split('/')
    const isComplete = !text.endsWith('/')
    if (resource.includes('*') || (known.has(resource) && isComplete)) return []
    return [
      {
        code: 'policy.noSuchResource' as const,
        field: `${field}.resources[${i}]`,
        message: `${group === '' ? 'the core group' : `the group ${group}`} has no ${JSON.stringify(text)}; ${remedyFor(resource, known)}`,
      },
    ]
  })
}

function remedyFor(resource: string, known: ReadonlySet<string>): string {
  const plain = resource.toLowerCase()
  const near = [plain, `${plain}s`, `${plain}es`, plain.replace(/y$/, 'ies')].find((name) =>
    known.has(name),
  )
  if (near !== undefined) return `did you mean ${near}?`
  const session = ['exec', 'attach', 'portforward', 'log'].includes(plain)
  if (session && known.has('pods')) return `did you mean pods/${plain}?`
  const other = builtInGroupOf(plain)
  if (other === undefined) return 'correct its name or group, or remove it'
  return `did you mean group ${other === '' ? '""' : other}?`
}
