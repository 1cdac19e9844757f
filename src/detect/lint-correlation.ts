import type { Correlation, CorrelationField, CorrelationRule, Problem } from '../contracts.ts'
import { rulesOf } from '../sigma/link-condition.ts'
import { passesThreshold } from '../sigma/number-test.ts'
import { holds } from './correlate/steps.ts'
import { type FieldTable, unknownField } from './field-table.ts'

/** Fields of which hardly two events have the same value. */
const uniqueFields = new Set(['auditID', 'requestReceivedTimestamp', 'stageTimestamp'])

/** What is worth mending in a correlation that can be evaluated. */
export function lintCorrelation(rule: CorrelationRule, fields: FieldTable): Problem[] {
  const { groupBy, condition } = rule.correlation
  const measured = condition.kind === 'threshold' ? condition.fields : []
  return [
    ...unknownFields(rule, groupBy, 'group-by', fields),
    ...unknownFields(rule, measured, 'condition', fields),
    ...uniqueGroups(rule),
    ...constantCondition(rule),
  ]
}

function problemAt(
  { keyLocations, location }: CorrelationRule,
  key: string,
  code: string,
  message: string,
): Problem {
  const place = keyLocations[`correlation.${key}`] ?? location
  return { ...place, severity: 'warning', code, message }
}

function unknownFields(
  { keyLocations, location }: CorrelationRule,
  read: readonly CorrelationField[],
  key: string,
  fields: FieldTable,
): Problem[] {
  const paths = read.flatMap(({ name, sourceByRule }) =>
    Object.values(sourceByRule).flatMap((source) =>
      source.kind === 'group' ? [] : source.paths.map((path) => ({ path, isAlias: path !== name })),
    ),
  )
  const byPath = new Map(paths.map(({ path, isAlias }) => [path, isAlias]))
  return [...byPath].flatMap(([path, isAlias]) => {
    const own = isAlias ? keyLocations['correlation.aliases'] : undefined
    const place = own ?? keyLocations[`correlation.${key}`] ?? location
    return unknownField(path, place, fields)
  })
}

function uniqueGroups(rule: CorrelationRule): Problem[] {
  const unique = rule.correlation.groupBy.filter(({ sourceByRule }) =>
    Object.values(sourceByRule).some(
      (source) => source.kind === 'event' && source.paths.some((path) => uniqueFields.has(path)),
    ),
  )
  return unique.map(({ name }) =>
    problemAt(
      rule,
      'group-by',
      'lint.uniqueGroup',
      `\`${name}\` is another for nearly every request, so that nothing comes together in a group`,
    ),
  )
}

function constantCondition(rule: CorrelationRule): Problem[] {
  const verdict = verdictOf(rule.correlation)
  if (verdict === 'sometimes') return []
  const [code, message] =
    verdict === 'never'
      ? ['lint.neverTrue', 'no window makes the condition true']
      : ['lint.alwaysTrue', 'every window with an event in it makes the condition true']
  return [problemAt(rule, 'condition', code, message)]
}

type Verdict = 'never' | 'always' | 'sometimes'

/** What can be said of all windows that an event ends. */
function verdictOf(correlation: Correlation): Verdict {
  const { condition, rules } = correlation
  if (condition.kind === 'rules') return verdictOfExpression(correlation)
  const { tests } = condition
  const passes = (value: number): boolean => tests.every((test) => passesThreshold(value, test))
  const bounds = tests.map(({ value }) => value)
  const isCount = ['event_count', 'value_count', 'temporal'].includes(correlation.type)
  const values = isCount
    ? countsAround(bounds, correlation.type === 'temporal' ? rules.length : undefined)
    : bounds.flatMap((value) => [value, below(value), above(value)])
  const passing = values.filter(passes).length
  return passing === 0 ? 'never' : isCount && passing === values.length ? 'always' : 'sometimes'
}

/** The counts from 1 on at which a comparison may change. */
function countsAround(bounds: readonly number[], most: number | undefined): readonly number[] {
  const near = bounds.flatMap((value) => [
    Math.floor(value),
    Math.floor(value) + 1,
    Math.ceil(value) - 1,
  ])
  return [1, ...near].filter((value) => value >= 1 && (most === undefined || value <= most))
}

function below(value: number): number {
  return value - Math.max(1e-9, Math.abs(value) * 1e-9)
}

function above(value: number): number {
  return value + Math.max(1e-9, Math.abs(value) * 1e-9)
}

/** All sets of this many rules are tried. */
const maxTried = 12

function verdictOfExpression({ condition, rules }: Correlation): Verdict {
  if (condition.kind !== 'rules' || rules.length > maxTried) return 'sometimes'
  const { expression } = condition
  const bits = new Map([...rulesOf(expression)].map((id, place) => [id, 1 << place]))
  const isTrue = (steps: number): boolean => holds(expression, bits, steps, steps)
  const sets = Array.from({ length: 2 ** bits.size - 1 }, (_none, index) => index + 1)
  const passing = sets.filter(isTrue).length
  return passing === 0 ? 'never' : passing === sets.length ? 'always' : 'sometimes'
}
