import type { RbacRule } from '../objects.ts'
import { resourceText } from '../suggest/need.ts'
import type { ServedRequest } from './subject-use.ts'

/** A part of a grant that is wider than what was done by it. */
export interface Broader {
  readonly part: 'verbs' | 'apiGroups' | 'resources' | 'nonResourceURLs' | 'names' | 'namespaces'
  /** As granted: `*`, `/apis/*`, `any name`, `all namespaces`. */
  readonly granted: string
  /** What would have been enough. */
  readonly used: readonly string[]
}

/** So few names or namespaces could be written out. */
const fewNames = 5
const fewNamespaces = 10

/** The wildcards of a rule, with what was used of them, and names that could be written out. */
export function broaderParts(rule: RbacRule, served: readonly ServedRequest[]): Broader[] {
  if (served.length === 0) return []
  const asked = served.map(({ request }) => request)
  const resources = asked.filter(({ isResource }) => isResource)
  const wild = (
    part: Broader['part'],
    granted: readonly string[],
    used: readonly string[],
  ): Broader[] => {
    const wildcards = granted.filter((text) => text.endsWith('*') || text.startsWith('*/'))
    return wildcards.length === 0
      ? []
      : [{ part, granted: wildcards.join(' '), used: sorted(used) }]
  }
  const isPath = rule.nonResourceURLs.length > 0
  return [
    ...wild(
      'verbs',
      rule.verbs,
      asked.map(({ verb }) => verb),
    ),
    ...wild(
      'apiGroups',
      rule.apiGroups,
      resources.map(({ apiGroup }) => apiGroup),
    ),
    ...wild('resources', rule.resources, resources.map(resourceText)),
    ...(isPath
      ? wild(
          'nonResourceURLs',
          rule.nonResourceURLs,
          asked.map(({ path }) => path),
        )
      : []),
    ...names(rule, served),
  ]
}

/** Only where every request had a name that the authorizer saw: no name can be asked of a list of all. */
function names(rule: RbacRule, served: readonly ServedRequest[]): Broader[] {
  if (rule.resourceNames.length > 0 || rule.nonResourceURLs.length > 0) return []
  const used = new Set(
    served.map(({ access, request }) => (access.name === null ? '' : request.name)),
  )
  if (used.has('') || used.size > fewNames) return []
  return [{ part: 'names', granted: 'any name', used: sorted([...used]) }]
}

/** A ClusterRoleBinding that was used in a few namespaces only. */
export function broaderScope(served: readonly ServedRequest[]): Broader[] {
  const used = new Set<string>()
  for (const { access, request } of served)
    used.add(request.isResource && access.namespace !== null ? request.namespace : '')
  if (used.size === 0 || used.has('') || used.size > fewNamespaces) return []
  return [{ part: 'namespaces', granted: 'all namespaces', used: sorted([...used]) }]
}

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort()
}
