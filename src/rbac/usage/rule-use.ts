import type { RbacRule } from '../objects.ts'
import { resourceMatches, urlMatches } from '../rule-allows.ts'
import { type Broader, broaderParts } from './broader.ts'
import type { ServedRequest } from './subject-use.ts'
import { unseenUse } from './unseen-use.ts'

/** `redundant`: used, but nothing of it for want of another grant. `partly`: some of it is unused, or wider than what was done. */
export type UseStatus = 'unused' | 'redundant' | 'partly' | 'used'

/** What one rule of a grant was good for. */
export interface RuleUse {
  readonly index: number
  readonly rule: RbacRule
  readonly status: UseStatus
  /** Requests that it allows, as often as they were made. */
  readonly requests: number
  /** Undefined if unused. */
  readonly firstSeenUs: number | undefined
  readonly lastSeenUs: number | undefined
  readonly unusedVerbs: readonly string[]
  readonly unusedApiGroups: readonly string[]
  /** Resources, or paths. */
  readonly unusedResources: readonly string[]
  readonly unusedNames: readonly string[]
  /** `delete pods`: the verb is used, the resource is used, but not this one with that one. */
  readonly unusedPairs: readonly string[]
  readonly broader: readonly Broader[]
  /** Why something of it may be in use although no event tells. */
  readonly unseen: readonly string[]
}

export function ruleUseOf(
  rule: RbacRule,
  index: number,
  served: readonly ServedRequest[],
): RuleUse {
  const unused = (
    texts: readonly string[],
    matches: (text: string, one: ServedRequest['request']) => boolean,
  ): string[] => texts.filter((text) => !served.some(({ request }) => matches(text, request)))
  const targets = rule.nonResourceURLs.length > 0 ? rule.nonResourceURLs : rule.resources
  const unusedVerbs = unused(rule.verbs, verbMatches)
  const unusedResources = unused(targets, targetMatches)
  const areNamesLost = served.some(({ access }) => access.name === null)
  const unusedPairs = rule.verbs
    .filter((verb) => !unusedVerbs.includes(verb))
    .flatMap((verb) =>
      targets
        .filter((target) => !unusedResources.includes(target))
        .filter(
          (target) =>
            !served.some(
              ({ request }) => verbMatches(verb, request) && targetMatches(target, request),
            ),
        )
        .map((target) => `${verb} ${target}`),
    )
  const parts = {
    unusedVerbs,
    unusedApiGroups: unused(rule.apiGroups, (group, { apiGroup }) => matches(group, apiGroup)),
    unusedResources,
    unusedNames: areNamesLost
      ? []
      : unused(rule.resourceNames, (name, request) => name === request.name),
    unusedPairs,
    broader: broaderParts(rule, served),
  }
  const accesses = [...new Set(served.map(({ access }) => access))]
  return {
    index,
    rule,
    status: statusOf(served, Object.values(parts), ({ rules }) => rules),
    requests: accesses.reduce((all, { requests }) => all + requests, 0),
    firstSeenUs: leastOf(accesses.map(({ firstSeenUs }) => firstSeenUs)),
    lastSeenUs: mostOf(accesses.map(({ lastSeenUs }) => lastSeenUs)),
    ...parts,
    unseen: unseenUse(rule, parts),
  }
}

/** `alternatives`: how many there are that allow the request. */
export function statusOf(
  served: readonly ServedRequest[],
  parts: readonly (readonly unknown[])[],
  alternatives: (one: ServedRequest) => number,
): UseStatus {
  if (served.length === 0) return 'unused'
  if (served.every((one) => alternatives(one) > 1)) return 'redundant'
  return parts.some((list) => list.length > 0) ? 'partly' : 'used'
}

export function leastOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => Math.min(a, b))
}

export function mostOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => Math.max(a, b))
}

function verbMatches(verb: string, request: ServedRequest['request']): boolean {
  return matches(verb, request.verb)
}

function matches(text: string, asked: string): boolean {
  return text === '*' || text === asked
}

function targetMatches(target: string, request: ServedRequest['request']): boolean {
  return request.isResource ? resourceMatches(target, request) : urlMatches(target, request.path)
}
