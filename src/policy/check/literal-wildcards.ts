import type { AuditPolicyRule } from '../../audit/policy/types.ts'
import type { CheckedPolicy, Finding } from './finding.ts'

/** `*` where the API server takes it for itself. */
export function findLiteralWildcards({ policy }: CheckedPolicy): readonly Finding[] {
  return policy.rules.flatMap((rule, i) => [
    ...inLiteralFields(rule, `rules[${i}]`),
    ...rule.resources.flatMap((entry, j) => {
      const field = `rules[${i}].resources[${j}]`
      return [
        ...entry.resourceNames.flatMap((text, k) => ofText(text, `${field}.resourceNames[${k}]`)),
        ...entry.resources.flatMap((text, k) => ofResource(text, `${field}.resources[${k}]`)),
      ]
    }),
  ])
}

const literalFields = ['users', 'userGroups', 'verbs', 'namespaces'] as const

function inLiteralFields(rule: AuditPolicyRule, field: string): readonly Finding[] {
  return literalFields.flatMap((key) =>
    rule[key].flatMap((text, i) => ofText(text, `${field}.${key}[${i}]`)),
  )
}

function ofText(text: string, field: string): readonly Finding[] {
  if (!text.includes('*')) return []
  const [, namespace] = /^system:serviceaccount:([^:*]+):\*$/.exec(text) ?? []
  const remedy =
    namespace !== undefined
      ? `the group of these accounts is system:serviceaccounts:${namespace}, in userGroups`
      : text === '*'
        ? 'leave the field out to match all'
        : 'write the values out'
  return [
    finding(
      field,
      `${JSON.stringify(text)} is no pattern here, it matches that text only; ${remedy}`,
    ),
  ]
}

function ofResource(text: string, field: string): readonly Finding[] {
  if (!text.includes('*') || text === '*' || /^\*\/[^*]+$|^[^*/]+\/\*$/.test(text)) return []
  const remedy = text === '*/*' ? 'use *' : 'use *, */subresource or resource/*, or write it out'
  return [finding(field, `${JSON.stringify(text)} matches nothing; ${remedy}`)]
}

function finding(field: string, message: string): Finding {
  return { code: 'policy.literalWildcard', field, message }
}
