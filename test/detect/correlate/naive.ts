import type { AuditEvent, CorrelationRule, RuleExpr } from '../../../src/contracts.ts'
import { compareThreshold } from '../../../src/detect/correlate/threshold.ts'

/** An event and the rules that it matched. */
export interface Fed {
  readonly event: AuditEvent
  readonly rules: readonly string[]
}

/** `rule group eventId` of every match: all events are known, and every window is computed anew. Group fields and values are texts or arrays of them. */
export function naiveMatches(rule: CorrelationRule, fed: readonly Fed[]): string[] {
  const { rules, groupBy } = rule.correlation
  const groups = new Map<string, Map<string, Observed>>()
  for (const { event, rules: matched } of fed) {
    for (const ref of new Set(rules.filter((id) => matched.includes(id)))) {
      for (const group of combinations(groupBy.map(({ name }) => textsAt(event, name)))) {
        const values = valuesOf(rule, event)
        if (values.length === 0) continue
        const key = JSON.stringify([event.cluster, ...group])
        const members = groups.get(key) ?? new Map<string, Observed>()
        groups.set(key, members)
        const known = members.get(event.id)
        members.set(event.id, { event, refs: new Set([...(known?.refs ?? []), ref]), values })
      }
    }
  }
  const found: string[] = []
  for (const [key, members] of groups) {
    const all = [...members.values()].sort(byTime)
    for (const one of all)
      if (isMatch(rule, all, one)) found.push(`${rule.id} ${key} ${one.event.id}`)
  }
  return found.sort()
}

interface Observed {
  readonly event: AuditEvent
  readonly refs: ReadonlySet<string>
  readonly values: readonly (string | number)[]
}

function byTime({ event: a }: Observed, { event: b }: Observed): number {
  return a.timeUs - b.timeUs || (a.id < b.id ? -1 : 1)
}

function isMatch(rule: CorrelationRule, all: readonly Observed[], one: Observed): boolean {
  const { type, condition, timespanUs } = rule.correlation
  const timeUs = one.event.timeUs
  const windowOf = (t: number) =>
    all.filter(({ event }) => event.timeUs > t - timespanUs && event.timeUs <= t)
  if (condition.kind === 'threshold') {
    const isTrue = (t: number) =>
      condition.tests.every((test) => compareThreshold(measure(rule, windowOf(t)), test))
    const isFewer =
      (type === 'event_count' || type === 'value_count') &&
      condition.tests.every(({ operator }) => ['lt', 'lte', 'neq'].includes(operator))
    if (!isFewer) return isTrue(timeUs)
    return all
      .filter(({ event }) => event.timeUs >= timeUs && event.timeUs < timeUs + timespanUs)
      .every(({ event }) => isTrue(event.timeUs))
  }
  const window = windowOf(timeUs)
  if (type === 'temporal') {
    const near = all.filter(({ event }) => Math.abs(event.timeUs - timeUs) < timespanUs)
    return holds(condition.expression, refsOf(window), refsOf(near))
  }
  const behind = all.filter(
    ({ event }) => event.timeUs >= timeUs && event.timeUs < timeUs + timespanUs,
  )
  return dnf(condition.expression, false).some(({ all: wanted, none }) => {
    const steps = rule.correlation.rules.filter((id) => wanted.includes(id))
    const place = rule.correlation.rules.findLastIndex((id) => wanted.includes(id))
    const after = none.filter((id) => rule.correlation.rules.indexOf(id) > place)
    const inside = none.filter((id) => rule.correlation.rules.indexOf(id) <= place)
    const last = rule.correlation.rules[place]!
    const now = refsOf(all.filter(({ event }) => event.timeUs === timeUs))
    return (
      steps.length > 0 &&
      hasSequence(steps, window, Number.NEGATIVE_INFINITY, new Set()) &&
      !inside.some((id) => refsOf(window).has(id)) &&
      (after.length === 0 || (now.has(last) && !after.some((id) => refsOf(behind).has(id))))
    )
  })
}

function hasSequence(
  steps: readonly string[],
  window: readonly Observed[],
  fromUs: number,
  used: ReadonlySet<Observed>,
): boolean {
  const [step, ...rest] = steps
  if (step === undefined) return true
  return window.some(
    (one) =>
      one.event.timeUs >= fromUs &&
      !used.has(one) &&
      one.refs.has(step) &&
      hasSequence(rest, window, one.event.timeUs, new Set([...used, one])),
  )
}

function holds(
  expression: RuleExpr,
  seen: ReadonlySet<string>,
  near: ReadonlySet<string>,
): boolean {
  switch (expression.kind) {
    case 'rule':
      return seen.has(expression.rule)
    case 'and':
      return expression.items.every((item) => holds(item, seen, near))
    case 'or':
      return expression.items.some((item) => holds(item, seen, near))
    case 'not':
      return !holds(expression.item, near, seen)
    default:
      return expression satisfies never
  }
}

function dnf(expression: RuleExpr, isNegated: boolean): { all: string[]; none: string[] }[] {
  switch (expression.kind) {
    case 'rule':
      return [
        isNegated ? { all: [], none: [expression.rule] } : { all: [expression.rule], none: [] },
      ]
    case 'not':
      return dnf(expression.item, !isNegated)
    case 'and':
    case 'or': {
      const parts = expression.items.map((item) => dnf(item, isNegated))
      if ((expression.kind === 'or') !== isNegated) return parts.flat()
      return parts.reduce((left, right) =>
        left.flatMap((a) =>
          right.map((b) => ({ all: [...a.all, ...b.all], none: [...a.none, ...b.none] })),
        ),
      )
    }
    default:
      return expression satisfies never
  }
}

function refsOf(observed: readonly Observed[]): Set<string> {
  return new Set(observed.flatMap(({ refs }) => [...refs]))
}

function measure(rule: CorrelationRule, window: readonly Observed[]): number {
  const { type, condition } = rule.correlation
  const isByRequest = rule.custom['count'] !== 'events'
  const seen = new Set<string>()
  const counted = window.filter(({ event }) => {
    const id = isByRequest ? event.requestId : event.id
    return !seen.has(id) && seen.add(id)
  })
  const values = counted.flatMap((one) => one.values).map(Number)
  const percentile = condition.kind === 'threshold' ? (condition.percentile ?? 50) : 50
  switch (type) {
    case 'event_count':
      return counted.length
    case 'value_count':
      return new Set(window.flatMap((one) => one.values)).size
    case 'value_sum':
      return exactSum(values)
    case 'value_avg':
      return exactSum(values) / values.length
    case 'value_median':
      return percentileOf(values, 50)
    case 'value_percentile':
      return percentileOf(values, percentile)
    case 'temporal':
      return refsOf(window).size
    case 'temporal_ordered':
      throw new Error('has no measure')
    default:
      return type satisfies never
  }
}

/** Of multiples of 1/1024, as the tests use them: those are exact. */
function exactSum(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function percentileOf(values: readonly number[], percentile: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = (percentile / 100) * (sorted.length - 1)
  const low = sorted[Math.floor(rank)]!
  const high = sorted[Math.min(Math.floor(rank) + 1, sorted.length - 1)]!
  return low + (high - low) * (rank - Math.floor(rank))
}

function valuesOf(rule: CorrelationRule, event: AuditEvent): (string | number)[] {
  const { type, condition } = rule.correlation
  if (condition.kind === 'rules' || condition.fields.length === 0) return ['']
  if (type === 'value_count')
    return combinations(condition.fields.map(({ name }) => textsAt(event, name))).map((tuple) =>
      JSON.stringify(tuple),
    )
  return condition.fields.flatMap(({ name }) => textsAt(event, name)).map(Number)
}

function textsAt(event: AuditEvent, path: string): string[] {
  let value: unknown = event.raw
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key]
  const list = Array.isArray(value) ? value : [value]
  return [...new Set(list.filter((item) => item !== undefined && item !== null).map(String))]
}

function combinations(sets: readonly (readonly string[])[]): string[][] {
  return sets.reduce<string[][]>(
    (all, set) => all.flatMap((values) => set.map((value) => [...values, value])),
    [[]],
  )
}
