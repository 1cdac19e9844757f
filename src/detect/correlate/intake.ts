import type { CorrelationField, CorrelationFieldSource, CorrelationRule } from '../../contracts.ts'
import type { Steps } from './steps.ts'

/** Where a value stands in matches of one rule; undefined where they have none. */
export type Source = CorrelationFieldSource | undefined

/** How a correlation takes what it observes of one of the rules that it refers to. */
export interface Intake {
  /** The bit of the rule. */
  readonly steps: Steps
  /** Of the values that tell groups apart. */
  readonly groupBy: readonly Source[]
  /** Of what is counted or measured. */
  readonly counted: readonly Source[]
}

/** By id of the rule. */
export function intakesOf(
  { correlation: { groupBy, condition } }: CorrelationRule,
  bits: ReadonlyMap<string, Steps>,
): ReadonlyMap<string, Intake> {
  const counted = condition.kind === 'threshold' ? condition.fields : []
  const sourcesIn = (fields: readonly CorrelationField[], rule: string): readonly Source[] =>
    fields.map(({ sourceByRule }) => sourceByRule[rule])
  return new Map(
    [...bits].map(([rule, steps]) => [
      rule,
      { steps, groupBy: sourcesIn(groupBy, rule), counted: sourcesIn(counted, rule) },
    ]),
  )
}
