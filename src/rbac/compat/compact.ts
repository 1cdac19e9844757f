import { textKey } from '../../util/text-key.ts'
import type { RbacRule } from '../objects.ts'

/**
 * Rules that allow the same, joined as audit2rbac joins them: verbs of one resource and name; then names of one resource with the same
 * verbs, or resources with the same names and verbs. Where it goes by the order of a Go map, this goes by the alphabet.
 */
export function compactRules(rules: readonly RbacRule[]): RbacRule[] {
  const joined: RbacRule[] = []
  for (const rule of [...pathRules(rules), ...byResource(rules)]) {
    const at =
      rule.resources.length === 0 ? -1 : joined.findIndex((other) => isJoinable(rule, other))
    if (at < 0) joined.push(rule)
    else joined[at] = join(rule, joined[at]!)
  }
  return joined
    .map((rule) => ({ rule, key: sortKey(rule) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ rule }) => rule)
}

function pathRules(rules: readonly RbacRule[]): RbacRule[] {
  return rules.filter(({ nonResourceURLs }) => nonResourceURLs.length > 0)
}

/** One rule for each resource and name, with all of its verbs. */
function byResource(rules: readonly RbacRule[]): RbacRule[] {
  const groups = Map.groupBy(
    rules.filter(({ resources }) => resources.length > 0),
    ({ apiGroups, resources, resourceNames }) =>
      JSON.stringify([apiGroups, resources, resourceNames]),
  )
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => ({ ...group[0]!, verbs: union(group.flatMap(({ verbs }) => verbs)) }))
}

function isJoinable(rule: RbacRule, other: RbacRule): boolean {
  if (!isSame(rule.apiGroups, other.apiGroups) || !isSame(rule.verbs, other.verbs)) return false
  if (isSame(rule.resourceNames, other.resourceNames)) return other.resources.length > 0
  // Without names it allows any: that is not to get lost in a list of some.
  const areNamed = rule.resourceNames.length > 0 && other.resourceNames.length > 0
  return areNamed && isSame(rule.resources, other.resources)
}

function join(rule: RbacRule, other: RbacRule): RbacRule {
  return {
    ...other,
    resources: union([...other.resources, ...rule.resources]),
    resourceNames: union([...other.resourceNames, ...rule.resourceNames]),
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return textKey(a) === textKey(b)
}

function union(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort()
}

function sortKey({
  apiGroups,
  resources,
  nonResourceURLs,
  resourceNames,
  verbs,
}: RbacRule): string {
  const lists = [resources, nonResourceURLs, resourceNames, verbs]
  return `${apiGroups.join()}\u0000${lists.map((list) => list.map((text) => JSON.stringify(text)).join(' ')).join()}`
}
