import type { ClusterRole, LabelSelector, RbacRule } from './objects.ts'

/**
 * The ClusterRoles with their aggregation done, as the cluster's controller does it
 * (k/k `pkg/controller/clusterroleaggregation`), for those that have an aggregation rule and no rules: written by hand, and not
 * yet applied. Rules that are there came from a cluster and stay, since not every role that they were made of need be here.
 */
export function aggregateClusterRoles(given: readonly ClusterRole[]): readonly ClusterRole[] {
  const isOpen = (role: ClusterRole): boolean =>
    role.aggregationRule !== undefined && role.rules.length === 0
  if (!given.some(isOpen)) return given
  const byName = given.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  const rulesOf = new Map(given.map((role) => [role, role.rules]))
  const open = byName.filter(isOpen)
  // Roles that aggregate others that aggregate: rules only ever come in, until nothing changes.
  for (let isChanged = true; isChanged; ) {
    isChanged = false
    for (const role of open) {
      const rules = selectedRules(role, byName, rulesOf)
      if (rules.length > (rulesOf.get(role)?.length ?? 0)) isChanged = true
      rulesOf.set(role, rules)
    }
  }
  return given.map((role) => ({ ...role, rules: rulesOf.get(role) ?? role.rules }))
}

function selectedRules(
  role: ClusterRole,
  byName: readonly ClusterRole[],
  rulesOf: ReadonlyMap<ClusterRole, readonly RbacRule[]>,
): readonly RbacRule[] {
  const selectors = role.aggregationRule?.clusterRoleSelectors ?? []
  if (!selectors.every(isSelector)) return []
  const rules = new Map<string, RbacRule>()
  for (const selector of selectors)
    for (const each of byName)
      if (each.name !== role.name && selects(selector, each.labels))
        for (const rule of rulesOf.get(each) ?? [])
          rules.set(keyOf(rule), rules.get(keyOf(rule)) ?? rule)
  return [...rules.values()]
}

function keyOf({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: RbacRule): string {
  return JSON.stringify([verbs, apiGroups, resources, resourceNames, nonResourceURLs])
}

/** One that the controller cannot read keeps it from filling in anything. */
function isSelector({ matchExpressions }: LabelSelector): boolean {
  return matchExpressions.every(({ operator, values }) => {
    if (operator === 'In' || operator === 'NotIn') return values.length > 0
    return (operator === 'Exists' || operator === 'DoesNotExist') && values.length === 0
  })
}

function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const label = (key: string): string | undefined =>
    Object.hasOwn(labels, key) ? labels[key] : undefined
  return (
    Object.entries(selector.matchLabels).every(([key, value]) => label(key) === value) &&
    selector.matchExpressions.every(({ key, operator, values }) => {
      const value = label(key)
      const isIn = value !== undefined && values.includes(value)
      if (operator === 'In') return isIn
      if (operator === 'NotIn') return !isIn
      return (value !== undefined) === (operator === 'Exists')
    })
  )
}
