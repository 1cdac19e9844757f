import type { FieldNames } from '../../../src/audit/fields.ts'
import type { AuditEvent, CorrelationRule } from '../../../src/contracts.ts'
import type { GroupValue } from '../../../src/detect/correlate/correlator.ts'
import { readSettings } from '../../../src/detect/correlate/settings.ts'
import type { RuleMatch } from '../../../src/detect/match.ts'
import { type Entry, holdOf, isMatch, withoutRepeats } from './naive-condition.ts'
import { type Group, groupsOf, type Input } from './naive-groups.ts'

/**
 * What correlations match, by the plain reading of docs/sigma-semantics.md: everything is there at once, every window is made
 * anew for every event, and nothing is saved, cut or told early. The yardstick for the engine.
 */
export interface NaiveMatch {
  readonly rule: string
  readonly cluster: string
  readonly group: Readonly<Record<string, GroupValue>>
  readonly event: AuditEvent
}

/** A match of an event rule, and how far its cluster was by then: with that, what came too late is left out. */
export interface ArrivedMatch extends RuleMatch {
  readonly frontierUs?: number
}

/** All matches of the correlations, those over them last; `matches` are those of the event rules, in any order. */
export function naiveCorrelations(
  correlations: readonly CorrelationRule[],
  matches: readonly ArrivedMatch[],
  names: FieldNames = 'event',
): readonly NaiveMatch[] {
  const inputs = new Map<string, readonly Input[]>(
    Map.groupBy(matches, ({ rule }) => rule.id)
      .entries()
      .map(([id, found]) => [
        id,
        found.map(({ event, frontierUs }) => ({
          event,
          group: {},
          frontierUs: frontierUs ?? Number.NEGATIVE_INFINITY,
        })),
      ]),
  )
  const all: NaiveMatch[] = []
  const waiting = new Set(correlations)
  while (waiting.size > 0) {
    for (const rule of waiting) {
      if ([...waiting].some(({ id }) => rule.correlation.rules.includes(id))) continue
      const found = matchesOf(rule, inTime(rule, correlations, inputs), names)
      inputs.set(rule.id, found)
      all.push(...found)
      waiting.delete(rule)
    }
  }
  return all
}

/** The inputs without those that came when the watermark of the rule was past them. */
function inTime(
  rule: CorrelationRule,
  correlations: readonly CorrelationRule[],
  inputs: ReadonlyMap<string, readonly Input[]>,
): ReadonlyMap<string, readonly Input[]> {
  const latenessUs = latenessOf(rule, correlations)
  return new Map(
    [...inputs].map(([id, found]) => [
      id,
      found.filter(
        ({ event, frontierUs }) =>
          frontierUs === undefined || event.timeUs >= frontierUs - latenessUs,
      ),
    ]),
  )
}

/** A rule over correlations waits until all of them have told. */
function latenessOf(rule: CorrelationRule, correlations: readonly CorrelationRule[]): number {
  const waits = correlations
    .filter(({ id }) => rule.correlation.rules.includes(id))
    .map((part) => latenessOf(part, correlations) + holdOf(part.correlation))
  return Math.max(readSettings(rule).settings.latenessUs, ...waits)
}

function matchesOf(
  rule: CorrelationRule,
  inputs: ReadonlyMap<string, readonly Input[]>,
  names: FieldNames,
): readonly NaiveMatch[] {
  return groupsOf(rule.correlation, inputs, names).flatMap((group) => matchesIn(rule, group))
}

/** The matches of one group. */
export function matchesIn(
  rule: CorrelationRule,
  { cluster, values, entries }: Group,
): readonly NaiveMatch[] {
  const { id, correlation } = rule
  const counted = countedOf(rule, entries)
  return counted
    .filter((entry) => isMatch(correlation, counted, entry))
    .map(({ event }) => ({ rule: id, cluster, group: values, event }))
}

/** Those entries of a group that take part. */
export function countedOf(rule: CorrelationRule, entries: readonly Entry[]): readonly Entry[] {
  const { count } = readSettings(rule).settings
  return count === 'events' ? entries : withoutRepeats(rule.correlation, entries)
}
