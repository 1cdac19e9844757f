import type { RuleBits } from './rule-bits.ts'

/** The rules that what an item has in its columns admits: worked out once for all items that have the same. */
export interface Admission {
  /** Tells it from all others of its set. */
  readonly number: number
  readonly rules: RuleBits
  /** Those of which no text has to be shown. Ascending. */
  readonly plain: readonly number[]
  /** What one of the others waits for. */
  readonly searches: readonly AskedSearch[]
}

export interface AskedSearch {
  /** Of the search among those of the set. */
  readonly number: number
  /** It is enough to look at the beginning of the text. */
  readonly isAtStart: boolean
}
