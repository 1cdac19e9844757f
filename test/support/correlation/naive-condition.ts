import type { AuditEvent, Correlation, RuleExpr, ThresholdTest } from '../../../src/contracts.ts'
import type { GroupValue } from '../../../src/detect/correlate/correlator.ts'
import { numberOf } from '../../../src/sigma/number-test.ts'

/** An event of a group. */
export interface Entry {
  readonly event: AuditEvent
  /** Those of the referenced rules that it stands for. */
  readonly rules: ReadonlySet<string>
  /** What it has in the field of the condition. */
  readonly values: readonly GroupValue[]
}

/** How long after its event a match is certain. */
export function holdOf({ type, timespanUs, condition }: Correlation): number {
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

/** A request counts again only when it has not counted for a timespan; of the temporal types, for each rule. */
export function withoutRepeats(
  correlation: Correlation,
  entries: readonly Entry[],
): readonly Entry[] {
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

export function isMatch(
  correlation: Correlation,
  entries: readonly Entry[],
  entry: Entry,
): boolean {
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
