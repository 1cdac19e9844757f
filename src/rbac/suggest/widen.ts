import type { AccessRequest } from '../observe/access.ts'
import {
  type CoverIndex,
  covers,
  distinctNeeds,
  keyOfRequest,
  kindOf,
  type Need,
  united,
} from './need.ts'
import type { SuggestOptions } from './options.ts'

/** A grant that is wider than what was seen, and why. */
export interface Widening {
  readonly request: AccessRequest
  readonly why: 'tooManyNames' | 'unstableNames' | 'tooManyNamespaces' | 'notKeptApart' | 'expanded'
  /** How many were seen; undefined when there were more than are told apart. */
  readonly seen?: number
}

export interface Widened {
  readonly needs: readonly Need[]
  readonly widenings: readonly Widening[]
}

/** Names that a controller made up: of pods and replica sets, jobs by the clock, events, releases, UUIDs. */
const generatedName =
  /-[bcdfghjklmnpqrstvwxz2456789]{5}$|-\d{7,}$|\.[0-9a-f]{16}$|\.v\d+$|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-/

/** So many names that differ in the number at their end only are runs of something, of which more will come. */
const seriesLength = 5

/**
 * Makes one need of many that differ in name only, when they are too many or do not last, and of many that differ in
 * namespace only, when they are more than asked for; never where something that was refused would be allowed by it.
 */
export function widen(
  needs: readonly Need[],
  refused: CoverIndex,
  options: SuggestOptions,
): Widened {
  const widenings: Widening[] = []
  const widenTo = (
    wide: AccessRequest,
    group: readonly Need[],
    why: Widening['why'] | undefined,
  ): readonly Need[] => {
    if (why === undefined || refused.isAnyCoveredBy(wide)) return group
    widenings.push({ request: wide, why, seen: group.length })
    return [{ ...united(group), request: wide }]
  }
  const byName = groupsOf(needs, 'name').flatMap((group) => {
    const named = group.filter(({ request }) => request.name !== '')
    const wide = { ...group[0]!.request, name: '' }
    return [
      ...group.filter(({ request }) => request.name === ''),
      ...(named.length === 0 ? [] : widenTo(wide, named, whyNoNames(named, options))),
    ]
  })
  const byNamespace = groupsOf(byName, 'namespace').flatMap((group) => {
    const spread = group.filter(({ request }) => request.namespace !== '')
    const { maxNamespaces } = options
    const isTooMany = maxNamespaces !== undefined && spread.length > maxNamespaces
    const wide = { ...group[0]!.request, namespace: '' }
    return [
      ...group.filter(({ request }) => request.namespace === ''),
      ...(spread.length === 0
        ? []
        : widenTo(wide, spread, isTooMany ? 'tooManyNamespaces' : undefined)),
    ]
  })
  return { needs: distinctNeeds(byNamespace), widenings }
}

/** The needs that more verbs of the same kind bring, and what is wider for it. */
export function expanded(
  needs: readonly Need[],
  refused: CoverIndex,
  { expand }: SuggestOptions,
): Widened {
  const widenings: Widening[] = []
  const more = needs.flatMap((need) =>
    expand
      .filter((family) => need.request.isResource && family.includes(need.request.verb))
      .flatMap((family) => family.filter((verb) => verb !== need.request.verb))
      .flatMap((verb): Need[] => {
        const request = { ...need.request, verb }
        if (refused.isAnyCoveredBy(request)) return []
        widenings.push({ request, why: 'expanded' })
        return [
          { ...need, request, notes: [`${verb} is granted with ${need.request.verb}, as asked`] },
        ]
      }),
  )
  return { needs: distinctNeeds([...needs, ...more]), widenings }
}

/** Leaves out what another need covers, and has that one tell of it. */
export function withoutCovered(needs: readonly Need[]): Need[] {
  const groups = Map.groupBy(needs, ({ request }) => kindOf(request))
  return [...groups.values()].flatMap((group) => {
    if (group.length === 1) return group
    const kept = group.filter(
      (need) => !group.some((other) => other !== need && covers(other.request, need.request)),
    )
    return kept.map((need) =>
      united([
        need,
        ...group.filter((other) => other !== need && covers(need.request, other.request)),
      ]),
    )
  })
}

function whyNoNames(
  named: readonly Need[],
  { maxNames }: SuggestOptions,
): 'tooManyNames' | 'unstableNames' | undefined {
  if (named.length > maxNames) return 'tooManyNames'
  const names = named.map(({ request }) => request.name)
  if (names.filter((name) => generatedName.test(name)).length > 1) return 'unstableNames'
  const series = Map.groupBy(names, (name) => name.replace(/\d+$/, '#'))
  return [...series.values()].some((alike) => alike.length >= seriesLength)
    ? 'unstableNames'
    : undefined
}

/** Of resources; paths have neither names nor namespaces. */
function groupsOf(needs: readonly Need[], except: 'name' | 'namespace'): Need[][] {
  return [
    ...Map.groupBy(needs, ({ request }) => keyOfRequest({ ...request, [except]: '' })).values(),
  ]
}
