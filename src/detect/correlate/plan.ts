import type { CorrelationRule, ThresholdTest } from '../../contracts.ts'
import type { EntryShape } from './entries.ts'
import { type Intake, intakesOf, type SourceSets } from './intake.ts'
import { type Sequence, sequencesOf } from './sequences.ts'
import { type CorrelationSettings, readSettings } from './settings.ts'
import {
  alternativesOf,
  differentRules,
  hasNegation,
  maxAlternatives,
  neededSteps,
  type Steps,
} from './steps.ts'

/** When a match is told: at once, when the watermark has passed its event, or a timespan later. */
export type Telling = 'atOnce' | 'passed' | 'fewer' | 'not'

/** Whether what is true already is told at once. */
export type Tells = 'atOnce' | 'settled'

export interface PlanOptions {
  readonly tells: Tells
  readonly settings: Partial<CorrelationSettings>
  /** Of all correlations; grows. Default: of this one alone. */
  readonly sourceSets?: SourceSets
}

/** A correlation, taken apart once. */
export interface CorrelationPlan {
  readonly rule: CorrelationRule
  readonly settings: CorrelationSettings
  readonly telling: Telling
  readonly timespanUs: number
  /** At least the lateness of the rule; what it refers to has been told by then. */
  readonly latenessUs: number
  /** How long after an entry's time, by the watermark, it is decided. */
  readonly holdUs: number
  /** The bit of each referenced rule. */
  readonly bits: ReadonlyMap<string, number>
  readonly intakes: ReadonlyMap<string, Intake>
  /** Of `temporal_ordered`. */
  readonly sequences: readonly Sequence[]
  readonly entryShape: EntryShape
  /** Of `value_percentile`. */
  readonly percentile: number
  /** The condition of a count is never true of fewer than so many. */
  readonly leastCounted: number
  /** A condition over rules is never true without each of these. */
  readonly neededSteps: Steps
  /** Others are over this one. */
  readonly isInput: boolean
  /** Paths that those read of the event that completed it. */
  readonly carriedPaths: readonly string[]
}

/** What correlations cannot be evaluated for, in words; nothing when they can. */
export function planProblems(rule: CorrelationRule): readonly string[] {
  const { correlation } = rule
  const problems = [...readSettings(rule).problems]
  const isTemporal = isTemporalType(rule)
  if (isTemporal && differentRules(rule).length > 32)
    problems.push(`\`${correlation.type}\` takes up to 32 different rules`)
  if (correlation.type === 'temporal_ordered') {
    if (correlation.condition.kind === 'threshold')
      problems.push('`temporal_ordered` takes no number as its condition')
    else if (alternativesOf(correlation.condition.expression) === undefined)
      problems.push(
        `the condition of \`temporal_ordered\` has more than ${maxAlternatives} alternatives`,
      )
  }
  if (!isTemporal && correlation.condition.kind !== 'threshold')
    problems.push(`\`${correlation.type}\` needs a number as its condition`)
  return problems
}

/** `inputs` are the plans of the correlations that it refers to. */
export function planOf(
  rule: CorrelationRule,
  inputs: readonly CorrelationPlan[],
  parents: readonly CorrelationRule[],
  { tells, settings: base, sourceSets = new Map() }: PlanOptions,
): CorrelationPlan {
  const { settings } = readSettings(rule, base)
  const { correlation } = rule
  const own = tellingOf(rule)
  const telling = own === 'atOnce' && tells === 'settled' ? 'passed' : own
  const { condition } = correlation
  const bits = new Map(
    differentRules(rule).map((id, place) => [id, (1 << (place & 31)) >>> 0] as const),
  )
  const needed = inputs.map((input) => input.latenessUs + input.holdUs)
  return {
    rule,
    settings,
    telling,
    timespanUs: correlation.timespanUs,
    latenessUs: Math.max(settings.latenessUs, ...needed),
    holdUs: telling === 'fewer' || telling === 'not' ? correlation.timespanUs : 0,
    bits,
    intakes: intakesOf(rule, bits, sourceSets),
    sequences: sequencesOf(rule, bits),
    entryShape: { hasSteps: isTemporalType(rule), values: valuesOf(rule) },
    percentile: (condition.kind === 'threshold' ? condition.percentile : undefined) ?? 50,
    leastCounted: leastCountedOf(rule, telling),
    neededSteps: condition.kind === 'rules' ? neededSteps(condition.expression, bits) : 0,
    isInput: parents.length > 0,
    carriedPaths: [...new Set(parents.flatMap(pathsReadBy))],
  }
}

/** Every path that a correlation reads, of whatever rule. */
export function pathsReadBy({ correlation }: CorrelationRule): readonly string[] {
  const { condition, groupBy } = correlation
  const fields = [...groupBy, ...(condition.kind === 'threshold' ? condition.fields : [])]
  return fields.flatMap(({ sourceByRule }) =>
    Object.values(sourceByRule).flatMap((source) => (source.kind === 'event' ? source.paths : [])),
  )
}

function isTemporalType({ correlation: { type } }: CorrelationRule): boolean {
  return type === 'temporal' || type === 'temporal_ordered'
}

function valuesOf({ correlation: { type } }: CorrelationRule): EntryShape['values'] {
  switch (type) {
    case 'event_count':
    case 'temporal':
    case 'temporal_ordered':
      return 'none'
    case 'value_count':
      return 'texts'
    case 'value_sum':
    case 'value_avg':
    case 'value_median':
    case 'value_percentile':
      return 'numbers'
    default:
      return type satisfies never
  }
}

function tellingOf({ correlation: { type, condition } }: CorrelationRule): Telling {
  if (condition.kind === 'rules') return hasNegation(condition.expression) ? 'not' : 'atOnce'
  const only = (...operators: ThresholdTest['operator'][]) =>
    condition.tests.every(({ operator }) => operators.includes(operator))
  const isCount = type === 'event_count' || type === 'value_count'
  if (only('gt', 'gte') && (isCount || type === 'temporal')) return 'atOnce'
  return isCount && only('lt', 'lte', 'neq') ? 'fewer' : 'passed'
}

function leastCountedOf(
  { correlation: { type, condition } }: CorrelationRule,
  telling: Telling,
): number {
  const isCount = type === 'event_count' || type === 'value_count'
  if (telling !== 'atOnce' || !isCount || condition.kind !== 'threshold') return 1
  return Math.max(
    1,
    ...condition.tests.map(({ operator, value }) =>
      operator === 'gt' ? Math.floor(value) + 1 : Math.ceil(value),
    ),
  )
}
