import type { CorrelationCondition, CorrelationRule, RuleExpr } from '../contracts.ts'

/** A correlation that is spoiled at one of its keys. */
export interface CorrelationMutant {
  /** Within `correlation`. */
  readonly key: 'condition' | 'timespan' | 'rules' | 'group-by'
  /** `asks gte 4`, `loses user.username`. */
  readonly change: string
  readonly rule: CorrelationRule
}

/**
 * The correlation once for each way to spoil it: every number one more and one less, the timespan half and twice as long, without
 * each of its rules and each name of its groups. `nameOf` tells rules for people.
 */
export function* correlationMutantsOf(
  rule: CorrelationRule,
  nameOf: (id: string) => string,
): Iterable<CorrelationMutant> {
  const { correlation } = rule
  const { condition, groupBy, rules, timespanUs } = correlation
  const spoiled = (changes: Partial<CorrelationRule['correlation']>): CorrelationRule => ({
    ...rule,
    correlation: { ...correlation, ...changes },
  })
  for (const [change, changed] of thresholdsAround(condition))
    yield { key: 'condition', change, rule: spoiled({ condition: changed }) }
  for (const [change, factor] of [
    ['is half as long', 0.5],
    ['is twice as long', 2],
  ] as const)
    yield { key: 'timespan', change, rule: spoiled({ timespanUs: timespanUs * factor }) }
  for (const id of rules) {
    const without = withoutRule(condition, id)
    const left = rules.filter((other) => other !== id)
    if (left.length === 0 || without === undefined) continue
    const change = `loses \`${nameOf(id)}\``
    yield { key: 'rules', change, rule: spoiled({ rules: left, condition: without }) }
  }
  for (const { name } of groupBy) {
    const left = groupBy.filter((field) => field.name !== name)
    yield { key: 'group-by', change: `loses \`${name}\``, rule: spoiled({ groupBy: left }) }
  }
}

function* thresholdsAround(
  condition: CorrelationCondition,
): Iterable<readonly [change: string, condition: CorrelationCondition]> {
  if (condition.kind !== 'threshold') return
  for (const [place, { operator, value }] of condition.tests.entries())
    for (const other of [value - 1, value + 1]) {
      const tests = condition.tests.with(place, { operator, value: other })
      yield [`asks ${operator} ${other}`, { ...condition, tests }]
    }
}

/** Undefined when nothing is left of it. */
function withoutRule(
  condition: CorrelationCondition,
  id: string,
): CorrelationCondition | undefined {
  if (condition.kind === 'threshold') return condition
  const expression = without(condition.expression, id)
  return expression === undefined ? undefined : { kind: 'rules', expression }
}

function without(expr: RuleExpr, id: string): RuleExpr | undefined {
  switch (expr.kind) {
    case 'rule':
      return expr.rule === id ? undefined : expr
    case 'not': {
      const item = without(expr.item, id)
      return item === undefined ? undefined : { kind: 'not', item }
    }
    case 'and':
    case 'or': {
      const items = expr.items.flatMap((item) => without(item, id) ?? [])
      return items.length === 0 ? undefined : { kind: expr.kind, items }
    }
    default:
      return expr satisfies never
  }
}
