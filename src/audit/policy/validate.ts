import type { Decoded } from './decode.ts'
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
  readonly code: string
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
  const found: InvalidField[] = []
  const invalid = (at: string, code: string, message: string): void => {
    found.push({ field: `${field}.${at}`, code, message })
  }
  if (!auditLevels.includes(rule.level))
    invalid(
      'level',
      'policy.level',
      `${rule.level === ('' as string) ? 'required value' : `unsupported value ${JSON.stringify(rule.level)}`}; use one of ${auditLevels.join(', ')}`,
    )
  for (const [index, url] of rule.nonResourceURLs.entries()) {
    const at = `nonResourceURLs[${index}]`
    if (url === '*') continue
    if (!url.startsWith('/'))
      invalid(
        at,
        'policy.nonResourceURL',
        `invalid value ${JSON.stringify(url)}: non-resource URL rules must begin with a '/' character`,
      )
    if (url.slice(0, -1).includes('*'))
      invalid(
        at,
        'policy.nonResourceURL',
        `invalid value ${JSON.stringify(url)}: non-resource URL wildcards '*' must be the final character of the rule`,
      )
  }
  for (const [index, entry] of rule.resources.entries())
    found.push(...invalidResources(entry, `${field}.resources[${index}]`, minorRelease))
  found.push(...invalidStages(rule.omitStages, `${field}.omitStages`))
  if (rule.nonResourceURLs.length > 0 && (rule.resources.length > 0 || rule.namespaces.length > 0))
    invalid(
      'nonResourceURLs',
      'policy.mixedRule',
      'rules cannot apply to both regular resources and non-resource URLs; make two rules of it',
    )
  return found
}

function invalidResources(
  entry: AuditGroupResources,
  field: string,
  minorRelease: number,
): InvalidField[] {
  const { group, resources, resourceNames } = entry
  const found: InvalidField[] = []
  const isWildcard = group === '*' && allowsGroupWildcard(minorRelease)
  if (group !== '' && !isWildcard && (group.length > 253 || !dnsSubdomain.test(group))) {
    const hint =
      group === '*'
        ? 'since Kubernetes 1.36 only'
        : group.includes('/')
          ? 'leave the version out'
          : 'a lower case DNS subdomain such as apps or rbac.authorization.k8s.io'
    found.push({
      field: `${field}.group`,
      code: 'policy.group',
      message: `invalid value ${JSON.stringify(group)}: not an API group (${hint})`,
    })
  }
  if (resourceNames.length > 0 && resources.length === 0)
    found.push({
      field: `${field}.resourceNames`,
      code: 'policy.resourceNames',
      message: 'using resourceNames requires at least one resource',
    })
  return found
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
