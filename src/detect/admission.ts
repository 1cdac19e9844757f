import type { RuleBits } from './rule-bits.ts'

/** The rules that what an item has in its columns admits: worked out once for all items that have the same. */
export interface Admission {
  readonly rules: RuleBits
  /** Those of which no text has to be shown. Ascending. */
  readonly plain: readonly number[]
  /** A bit for each search that one of the others waits for. */
  readonly searches: number
}
