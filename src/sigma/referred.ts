import type { Rule } from '../contracts.ts'

/** What a reference of a correlation led to. */
export interface Referred {
  readonly text: string
  readonly offset: number
  readonly rule: Rule
  readonly depth: number
}
