import type { Requirement } from './requirement.ts'
import { type RuleBits, rulesWhere } from './rule-bits.ts'

/** The rules whose clauses an item meets, by what is certain of it. */
export type PredicateFilter = (certainlyTrue: number, certainlyFalse: number) => RuleBits

const SLOTS = 256

/**
 * Ordinary traffic has few combinations of certainties, so what was worked out for one is kept, in a table of fixed
 * size. `requirements` are in the order of the rules.
 */
export function createPredicateFilter(requirements: readonly Requirement[]): PredicateFilter {
  const keys = new Int32Array(2 * SLOTS)
  const answers: (RuleBits | undefined)[] = Array.from({ length: SLOTS })
  return (trueBits, falseBits) => {
    // As they are kept.
    const certainlyTrue = trueBits | 0
    const certainlyFalse = falseBits | 0
    const slot =
      (Math.imul(certainlyTrue, 0x9e3779b1) ^ Math.imul(certainlyFalse, 0x85ebca6b)) >>> 24
    const known = answers[slot]
    if (
      known !== undefined &&
      keys[2 * slot] === certainlyTrue &&
      keys[2 * slot + 1] === certainlyFalse
    ) {
      return known
    }
    const answer = rulesWhere(requirements, ({ clauses }) =>
      clauses.every(
        ({ someTrue, someFalse }) =>
          (certainlyFalse & someTrue) !== someTrue || (certainlyTrue & someFalse) !== someFalse,
      ),
    )
    keys[2 * slot] = certainlyTrue
    keys[2 * slot + 1] = certainlyFalse
    answers[slot] = answer
    return answer
  }
}
