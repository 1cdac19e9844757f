import type { Decoded } from '../manifest/decode.ts'
import type { LoadCode } from './codes.ts'
import {
  type AuditGroupResources,
  type AuditPolicy,
  type AuditPolicyRule,
  auditLevels,
  auditStages,
} from './types.ts'
import { allowsGroupWildcard } from './version.ts'

/** A field that the API server refuses, in its own words as far as they go. */
export interface InvalidField {
  readonly field: string
  readonly code: LoadCode
  readonly message: string
}

const dnsSubdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/

/** What was decoded as an audit policy; sound only when `invalidFields` finds nothing. */
export function toAuditPolicy(decoded: Decoded): AuditPolicy {
  const policy = recordOf(decoded)
  return {
    rules: listOf(policy['rules']).map(toRule),
    omitStages: textsOf(policy['omitStages']) as AuditPolicy['omitStages'],
    omitManagedFields: policy['omitManagedFields'] === true,
  }
}

/** Everything that keeps the API server from starting (apiserver `pkg/apis/audit/validation`, `pkg/audit/policy/reader.go`). */
export function invalidFields(policy: AuditPolicy, minorRelease: number): InvalidField[] {
  return [
    ...invalidStages(policy.omitStages, 'omitStages'),
    ...policy.rules.flatMap((rule, index) => invalidRule(rule, `rules[${index}]`, minorRelease)),
  ]
}

function invalidRule(rule: AuditPolicyRule, field: string, minorRelease: number): InvalidField[] {
  const { nonResourceURLs, resources, namespaces, omitStages } = rule
  return [
    ...invalidLevel(rule.level, `${field}.level`),
    ...nonResourceURLs.flatMap((url, i) => invalidUrl(url, `${field}.nonResourceURLs[${i}]`)),
    ...resources.flatMap((entry, i) =>
      invalidResources(entry, `${field}.resources[${i}]`, minorRelease),
    ),
    ...invalidStages(omitStages, `${field}.omitStages`),
    ...(nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0)
      ? [
          {
            field: `${field}.nonResourceURLs`,
            code: 'policy.mixedRule' as const,
            message:
              'rules cannot apply to both regular resources and non-resource URLs; make two rules of it',
          },
        ]
      : []),
  ]
}

function invalidLevel(level: string, field: string): InvalidField[] {
  const known: readonly string[] = auditLevels
  if (known.includes(level)) return []
  const what = level === '' ? 'required value' : `unsupported value ${JSON.stringify(level)}`
  const message = `${what}; use one of ${auditLevels.join(', ')}`
  return [{ field, code: 'policy.level', message }]
}

function invalidUrl(url: string, field: string): InvalidField[] {
  if (url === '*') return []
  const refuse = (why: string): InvalidField => ({
    field,
    code: 'policy.nonResourceURL',
    message: `invalid value ${JSON.stringify(url)}: non-resource URL ${why}`,
  })
  return [
    ...(url.startsWith('/') ? [] : [refuse("rules must begin with a '/' character")]),
    ...(url.slice(0, -1).includes('*')
      ? [refuse("wildcards '*' must be the final character of the rule")]
      : []),
  ]
}

function invalidResources(
  { group, resources, resourceNames }: AuditGroupResources,
  field: string,
  minorRelease: number,
): InvalidField[] {
  const namesAlone: InvalidField = {
    field: `${field}.resourceNames`,
    code: 'policy.resourceNames',
    message: 'using resourceNames requires at least one resource',
  }
  return [
    ...invalidGroup(group, `${field}.group`, minorRelease),
    ...(resourceNames.length > 0 && resources.length === 0 ? [namesAlone] : []),
  ]
}

function invalidGroup(group: string, field: string, minorRelease: number): InvalidField[] {
  if (group === '' || (group.length <= 253 && dnsSubdomain.test(group))) return []
  if (group === '*' && allowsGroupWildcard(minorRelease)) return []
  const message = `invalid value ${JSON.stringify(group.slice(0, 300))}: not an API group (${groupHint(group)})`
  return [{ field, code: 'policy.group', message }]
}

function groupHint(group: string): string {
  if (group === '*') return 'since Kubernetes 1.36 only; name the groups'
  if (group.includes('/')) return 'leave the version out'
  return 'a lower case DNS subdomain such as apps or rbac.authorization.k8s.io'
}

function invalidStages(stages: readonly string[], field: string): InvalidField[] {
  const known: readonly string[] = auditStages
  return stages.flatMap((stage, index) =>
    known.includes(stage)
      ? []
      : [
          {
            field: `${field}[${index}]`,
            code: 'policy.stage',
            message: `invalid value ${JSON.stringify(stage)}: allowed stages are ${auditStages.join(', ')}`,
          },
        ],
  )
}

function toRule(decoded: Decoded): AuditPolicyRule {
  const rule = recordOf(decoded)
  const omitManagedFields = rule['omitManagedFields']
  return {
    level: textOf(rule['level']) as AuditPolicyRule['level'],
    users: textsOf(rule['users']),
    userGroups: textsOf(rule['userGroups']),
    verbs: textsOf(rule['verbs']),
    resources: listOf(rule['resources']).map((item) => {
      const entry = recordOf(item)
      return {
        group: textOf(entry['group']),
        resources: textsOf(entry['resources']),
        resourceNames: textsOf(entry['resourceNames']),
      }
    }),
    namespaces: textsOf(rule['namespaces']),
    nonResourceURLs: textsOf(rule['nonResourceURLs']),
    omitStages: textsOf(rule['omitStages']) as AuditPolicyRule['omitStages'],
    ...(typeof omitManagedFields === 'boolean' ? { omitManagedFields } : {}),
  }
}

function recordOf(value: Decoded): Readonly<Record<string, Decoded>> {
  return typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, Decoded>)
    : {}
}
function listOf(value: Decoded): readonly Decoded[] {
  return Array.isArray(value) ? value : []
}
function textsOf(value: Decoded): string[] {
  return listOf(value).map(textOf)
}
function textOf(value: Decoded): string {
  return typeof value === 'string' ? value : ''
}
