import type { CorrelationField, CorrelationRule } from '../../contracts.ts'
import { SourceSet } from './source-set.ts'
import type { Steps } from './steps.ts'

/** How a correlation takes what it observes of one of the rules that it refers to. */
export interface Intake {
  /** The bit of the rule. */
  readonly steps: Steps
  /** Of the values that tell groups apart. */
  readonly groupBy: SourceSet
  /** Of what is counted or measured. */
  readonly counted: SourceSet
}

/** By what they ask for, as JSON. */
export type SourceSets = Map<string, SourceSet>

/** By id of the rule. */
export function intakesOf(
  { correlation: { groupBy, condition } }: CorrelationRule,
  bits: ReadonlyMap<string, Steps>,
  known: SourceSets,
): ReadonlyMap<string, Intake> {
  const counted = condition.kind === 'threshold' ? condition.fields : []
  const sourcesIn = (fields: readonly CorrelationField[], rule: string): SourceSet => {
    const sources = fields.map(({ sourceByRule }) => sourceByRule[rule])
    const text = JSON.stringify(sources)
    const set = known.get(text) ?? new SourceSet(sources)
    known.set(text, set)
    return set
  }
  return new Map(
    [...bits].map(([rule, steps]) => [
      rule,
      { steps, groupBy: sourcesIn(groupBy, rule), counted: sourcesIn(counted, rule) },
    ]),
  )
}
