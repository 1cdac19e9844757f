import type { RbacRule } from '../objects.ts'
import type { ObservedAccess } from '../observe/access.ts'
import { resourceVerbs } from '../resource-verbs.ts'
import { type Danger, dangersOf } from './dangers.ts'
import { type Need, resourceText } from './need.ts'

/** A rule, and what it is there for. */
export interface SuggestedRule {
  readonly rule: RbacRule
  /** What it has to allow. */
  readonly needs: readonly Need[]
  readonly evidence: readonly ObservedAccess[]
  readonly notes: readonly string[]
  readonly dangers: readonly Danger[]
}

interface Draft {
  readonly groups: readonly string[]
  readonly resources: readonly string[]
  readonly paths: readonly string[]
  readonly names: readonly string[]
  readonly verbs: readonly string[]
  readonly needs: readonly Need[]
}

/**
 * Rules for needs of one scope: each allows exactly the needs that it was made of, for lists are joined only where every
 * combination is needed. The same needs give the same rules.
 */
export function rulesOf(needs: readonly Need[]): SuggestedRule[] {
  const single = needs.map((need): Draft => {
    const { isResource, apiGroup, verb, path, name } = need.request
    return {
      groups: isResource ? [apiGroup] : [],
      resources: isResource ? [resourceText(need.request)] : [],
      paths: isResource ? [] : [path],
      names: name === '' ? [] : [name],
      verbs: [verb],
      needs: [need],
    }
  })
  const byVerbs = joined(single, 'verbs')
  const named = joined(
    byVerbs.filter(({ names }) => names.length > 0),
    'names',
  )
  const others = byVerbs.filter(({ names }) => names.length === 0)
  const byResource = joined(joined([...others, ...named], 'resources'), 'paths')
  return byResource.map(suggested).sort((a, b) => (sortKey(a.rule) < sortKey(b.rule) ? -1 : 1))
}

/** Joins drafts that differ in this list alone. */
function joined(
  drafts: readonly Draft[],
  list: 'verbs' | 'names' | 'resources' | 'paths',
): Draft[] {
  const groups = Map.groupBy(drafts, ({ groups, resources, paths, names, verbs }) =>
    JSON.stringify({ groups, resources, paths, names, verbs, [list]: [] }),
  )
  return [...groups.values()].map(
    (group): Draft => ({
      ...group[0]!,
      [list]: [...new Set(group.flatMap((draft) => draft[list]))].sort(),
      needs: group.flatMap((draft) => draft.needs),
    }),
  )
}

function suggested({ groups, resources, paths, names, verbs, needs }: Draft): SuggestedRule {
  return {
    rule: {
      apiGroups: groups,
      resources,
      resourceNames: names,
      nonResourceURLs: paths,
      verbs: inUsualOrder(verbs),
    },
    needs,
    evidence: [...new Set(needs.flatMap(({ evidence }) => evidence))],
    notes: [...new Set(needs.flatMap(({ notes }) => notes))].sort(),
    dangers: dangersOf(needs.map(({ request }) => request)),
  }
}

function inUsualOrder(verbs: readonly string[]): string[] {
  const place = (verb: string): number => {
    const at = resourceVerbs.indexOf(verb)
    return at < 0 ? resourceVerbs.length : at
  }
  return verbs.toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
}

function sortKey({
  apiGroups,
  resources,
  nonResourceURLs,
  resourceNames,
  verbs,
}: RbacRule): string {
  return JSON.stringify([apiGroups, resources, nonResourceURLs, resourceNames, verbs])
}
