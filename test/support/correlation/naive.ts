import { createFieldReader, type FieldNames } from '../../../src/audit/fields.ts'
import type {
  AuditEvent,
  Correlation,
  CorrelationField,
  CorrelationRule,
  RuleExpr,
  ThresholdTest,
} from '../../../src/contracts.ts'
import type { GroupValue } from '../../../src/detect/correlate/correlator.ts'
import { readSettings } from '../../../src/detect/correlate/settings.ts'
import type { RuleMatch } from '../../../src/detect/match.ts'
import { numberOf } from '../../../src/sigma/number-test.ts'

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

/** What a correlation sees: an event that matched a rule it refers to, or one that completed a correlation. */
interface Input {
  readonly event: AuditEvent
  /** How far the cluster was when it came; absent when it is from a correlation. */
  readonly frontierUs?: number
  readonly group: Readonly<Record<string, GroupValue>>
}

/** An event of a group. */
interface Entry {
  readonly event: AuditEvent
  /** Those of the referenced rules that it stands for. */
  readonly rules: ReadonlySet<string>
  /** What it has in the field of the condition. */
  readonly values: readonly GroupValue[]
}

interface Group {
  readonly cluster: string
  readonly values: Readonly<Record<string, GroupValue>>
  readonly entries: readonly Entry[]
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

/** How long after its event a match is certain. */
function holdOf({ type, timespanUs, condition }: Correlation): number {
  const looksAhead =
    condition.kind === 'rules' ? hasNot(condition.expression) : isFewer(type, condition.tests)
  return looksAhead ? timespanUs : 0
}

function hasNot(expr: RuleExpr): boolean {
  if (expr.kind === 'rule') return false
  return expr.kind === 'not' || expr.items.some(hasNot)
}

function isFewer(type: Correlation['type'], tests: readonly ThresholdTest[]): boolean {
  return (
    (type === 'event_count' || type === 'value_count') &&
    tests.every(({ operator }) => ['lt', 'lte', 'neq'].includes(operator))
  )
}

function matchesOf(
  rule: CorrelationRule,
  inputs: ReadonlyMap<string, readonly Input[]>,
  names: FieldNames,
): readonly NaiveMatch[] {
  const { id, correlation } = rule
  const { count } = readSettings(rule).settings
  return groupsOf(correlation, inputs, names).flatMap(({ cluster, values, entries }) => {
    const counted = count === 'events' ? entries : withoutRepeats(correlation, entries)
    return counted
      .filter((entry) => isMatch(correlation, counted, entry))
      .map(({ event }) => ({ rule: id, cluster, group: values, event }))
  })
}

function groupsOf(
  correlation: Correlation,
  inputs: ReadonlyMap<string, readonly Input[]>,
  names: FieldNames,
): readonly Group[] {
  const seen = correlation.rules.flatMap((rule) =>
    (inputs.get(rule) ?? []).flatMap((input) => {
      const values = conditionValues(correlation, rule, input, names)
      if (values.length === 0) return []
      const groups = combinations(
        correlation.groupBy.map((field) => distinct(read(field, rule, input, names))),
      )
      return groups.map((group) => ({ rule, event: input.event, values, group }))
    }),
  )
  const byGroup = Map.groupBy(seen, ({ event, group }) => JSON.stringify([event.cluster, group]))
  return [...byGroup.values()].map((members) => ({
    cluster: members[0]!.event.cluster,
    values: Object.fromEntries(
      correlation.groupBy.map(({ name }, place) => [name, members[0]!.group[place]!]),
    ),
    entries: [...Map.groupBy(members, ({ event }) => event.id).values()]
      .map((same) => ({
        event: same[0]!.event,
        rules: new Set(same.map(({ rule }) => rule)),
        values:
          correlation.type === 'value_count'
            ? distinct(same.flatMap(({ values }) => values))
            : same[0]!.values,
      }))
      .toSorted(byTimeAndId),
  }))
}

function byTimeAndId({ event: a }: Entry, { event: b }: Entry): number {
  return a.timeUs - b.timeUs || (a.id < b.id ? -1 : 1)
}

/** What the condition asks of the input: for `value_count` each value as one text, else numbers. Empty = it takes no part. */
function conditionValues(
  { type, condition }: Correlation,
  rule: string,
  input: Input,
  names: FieldNames,
): readonly GroupValue[] {
  if (condition.kind === 'rules' || condition.fields.length === 0) return [true]
  const values = condition.fields.map((field) => read(field, rule, input, names))
  if (type === 'value_count')
    return combinations(values.map(distinct)).map((tuple) => JSON.stringify(tuple))
  return values.flat().flatMap((value) => numberOf(value) ?? [])
}

function read(
  { sourceByRule }: CorrelationField,
  rule: string,
  { event, group }: Input,
  names: FieldNames,
): readonly GroupValue[] {
  const source = sourceByRule[rule]!
  if (source.kind === 'group') return [group[source.name]!]
  const reader = createFieldReader(event, new Map(), names)
  return source.paths
    .flatMap((path) => reader.read(path) ?? [])
    .filter((value) => ['string', 'number', 'boolean'].includes(typeof value)) as GroupValue[]
}

function distinct(values: readonly GroupValue[]): readonly GroupValue[] {
  return [...new Set(values)]
}

function combinations(
  sets: readonly (readonly GroupValue[])[],
): readonly (readonly GroupValue[])[] {
  let all: readonly (readonly GroupValue[])[] = [[]]
  for (const set of sets) all = all.flatMap((some) => set.map((value) => [...some, value]))
  return all
}

/** A request counts again only when it has not counted for a timespan; of the temporal types, for each rule. */
function withoutRepeats(correlation: Correlation, entries: readonly Entry[]): readonly Entry[] {
  const counted = new Map<string, number>()
  const counts = (key: string, timeUs: number): boolean => {
    const before = counted.get(key)
    if (before !== undefined && timeUs - before < correlation.timespanUs) return false
    counted.set(key, timeUs)
    return true
  }
  return entries.flatMap((entry) => {
    const { requestId, timeUs } = entry.event
    if (!isTemporal(correlation)) return counts(requestId, timeUs) ? [entry] : []
    const rules = [...entry.rules].filter((rule) => counts(`${rule} ${requestId}`, timeUs))
    return rules.length === 0 ? [] : [{ ...entry, rules: new Set(rules) }]
  })
}

function isTemporal({ type }: Correlation): boolean {
  return type === 'temporal' || type === 'temporal_ordered'
}

/** The entries of the window that ends at a time. */
function windowAt(
  { timespanUs }: Correlation,
  entries: readonly Entry[],
  timeUs: number,
): readonly Entry[] {
  return entries.filter(({ event }) => event.timeUs > timeUs - timespanUs && event.timeUs <= timeUs)
}

function isMatch(correlation: Correlation, entries: readonly Entry[], entry: Entry): boolean {
  const { condition, timespanUs, type } = correlation
  const { timeUs } = entry.event
  if (condition.kind === 'threshold') {
    const holds = (atUs: number): boolean => {
      const value = measure(correlation, windowAt(correlation, entries, atUs))
      return condition.tests.every((test) => passes(value, test))
    }
    const ends = isFewer(type, condition.tests)
      ? entries
          .map(({ event }) => event.timeUs)
          .filter((at) => at >= timeUs && at < timeUs + timespanUs)
      : [timeUs]
    return ends.every(holds)
  }
  const window = windowAt(correlation, entries, timeUs)
  const near = entries.filter(({ event }) => Math.abs(event.timeUs - timeUs) < timespanUs)
  if (type === 'temporal')
    return expressionHolds(condition.expression, rulesOf(window), rulesOf(near))
  const after = near.filter(({ event }) => event.timeUs >= timeUs)
  return alternativesOf(condition.expression).some((alternative) =>
    sequenceHolds(alternative, correlation.rules, { entry, window, after }),
  )
}

function rulesOf(entries: readonly Entry[]): ReadonlySet<string> {
  return new Set(entries.flatMap(({ rules }) => [...rules]))
}

/** A rule is there when it matched in the window; one that is negated, when it matched near the event. */
function expressionHolds(
  expr: RuleExpr,
  there: ReadonlySet<string>,
  near: ReadonlySet<string>,
): boolean {
  switch (expr.kind) {
    case 'rule':
      return there.has(expr.rule)
    case 'not':
      return !expressionHolds(expr.item, near, there)
    case 'and':
      return expr.items.every((item) => expressionHolds(item, there, near))
    case 'or':
      return expr.items.some((item) => expressionHolds(item, there, near))
    default:
      return expr satisfies never
  }
}

function measure({ type, condition }: Correlation, window: readonly Entry[]): number {
  const numbers = window.flatMap(({ values }) => values.map((value) => numberOf(value) ?? 0))
  const percentile = condition.kind === 'threshold' ? (condition.percentile ?? 0) : 0
  switch (type) {
    case 'event_count':
      return window.length
    case 'value_count':
      return new Set(window.flatMap(({ values }) => values)).size
    case 'temporal':
    case 'temporal_ordered':
      return rulesOf(window).size
    case 'value_sum':
      return numbers.reduce((sum, number) => sum + number, 0)
    case 'value_avg':
      return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
    case 'value_percentile':
      return percentileOf(numbers, percentile)
    case 'value_median':
      return percentileOf(numbers, 50)
    default:
      return type satisfies never
  }
}

/** Linear between the two that are next to the rank. */
function percentileOf(numbers: readonly number[], percentile: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const rank = (percentile / 100) * (sorted.length - 1)
  const low = sorted[Math.floor(rank)]!
  const high = sorted[Math.ceil(rank)]!
  return low + (high - low) * (rank - Math.floor(rank))
}

function passes(value: number, { operator, value: threshold }: ThresholdTest): boolean {
  switch (operator) {
    case 'gt':
      return value > threshold
    case 'gte':
      return value >= threshold
    case 'lt':
      return value < threshold
    case 'lte':
      return value <= threshold
    case 'eq':
      return value === threshold
    case 'neq':
      return value !== threshold
    default:
      return operator satisfies never
  }
}

/** One way for an expression to be true: these rules matched, and those did not. */
interface Alternative {
  readonly all: readonly string[]
  readonly none: readonly string[]
}

function alternativesOf(expr: RuleExpr, isNegated = false): readonly Alternative[] {
  switch (expr.kind) {
    case 'rule':
      return [isNegated ? { all: [], none: [expr.rule] } : { all: [expr.rule], none: [] }]
    case 'not':
      return alternativesOf(expr.item, !isNegated)
    case 'and':
    case 'or': {
      const items = expr.items.map((item) => alternativesOf(item, isNegated))
      if ((expr.kind === 'or') !== isNegated) return items.flat()
      let all: readonly Alternative[] = [{ all: [], none: [] }]
      for (const item of items)
        all = all.flatMap((left) =>
          item.map((right) => ({
            all: [...left.all, ...right.all],
            none: [...left.none, ...right.none],
          })),
        )
      return all
    }
    default:
      return expr satisfies never
  }
}

interface Around {
  readonly entry: Entry
  readonly window: readonly Entry[]
  readonly after: readonly Entry[]
}

function sequenceHolds(
  { all, none }: Alternative,
  order: readonly string[],
  { entry, window, after }: Around,
): boolean {
  const steps = order.filter((rule) => all.includes(rule))
  const last = order.lastIndexOf(steps.at(-1)!)
  const followers = none.filter((rule) => order.indexOf(rule) > last)
  const others = none.filter((rule) => order.indexOf(rule) <= last)
  if (followers.length > 0 && !rulesOf(atTimeOf(entry, window)).has(steps.at(-1)!)) return false
  return (
    !followers.some((rule) => rulesOf(after).has(rule)) &&
    !others.some((rule) => rulesOf(window).has(rule)) &&
    hasSequence(steps, window, [])
  )
}

function atTimeOf({ event }: Entry, window: readonly Entry[]): readonly Entry[] {
  return window.filter((other) => other.event.timeUs === event.timeUs)
}

/** Whether different entries take the steps one by one, at times that do not decrease. */
function hasSequence(
  [step, ...rest]: readonly string[],
  window: readonly Entry[],
  taken: readonly Entry[],
): boolean {
  if (step === undefined) return true
  const fromUs = taken.at(-1)?.event.timeUs ?? Number.NEGATIVE_INFINITY
  return window.some(
    (entry) =>
      entry.rules.has(step) &&
      entry.event.timeUs >= fromUs &&
      !taken.includes(entry) &&
      hasSequence(rest, window, [...taken, entry]),
  )
}
