import type { CorrelationRule } from '../../contracts.ts'
import { type Alternative, alternativesOf } from './steps.ts'

/** One alternative of a sequence: its steps in the order of `rules`, and what must not be there. */
export interface Sequence {
  /** The bit of each. */
  readonly steps: readonly number[]
  /** Bits of rules that must not be in the window. */
  readonly notInWindow: number
  /** Bits of rules that must not follow within a timespan. */
  readonly notAfter: number
  /** Of what the last event has to be, when something must not follow it; all bits otherwise. */
  readonly last: number
}

/** None for a correlation of another type. `bits` are those of its rules. */
export function sequencesOf(
  { correlation: { type, condition, rules } }: CorrelationRule,
  bits: ReadonlyMap<string, number>,
): readonly Sequence[] {
  if (type !== 'temporal_ordered' || condition.kind !== 'rules') return []
  const alternatives = alternativesOf(condition.expression) ?? []
  return alternatives.map((alternative) => sequenceOf(alternative, rules, bits))
}

function sequenceOf(
  { all, none }: Alternative,
  rules: readonly string[],
  bits: ReadonlyMap<string, number>,
): Sequence {
  const bitOf = (id: string): number => bits.get(id) ?? 0
  const lastPlace = rules.findLastIndex((id) => all.has(id))
  const bitsOf = (ids: Iterable<string>): number =>
    [...ids].reduce((sum, id) => (sum | bitOf(id)) >>> 0, 0)
  const after = [...none].filter((id) => rules.indexOf(id) > lastPlace)
  return {
    steps: rules.filter((id) => all.has(id)).map(bitOf),
    notInWindow: bitsOf([...none].filter((id) => !after.includes(id))),
    notAfter: bitsOf(after),
    last: after.length === 0 || lastPlace < 0 ? 0xffffffff : bitOf(rules[lastPlace]!),
  }
}
