import type { Entries } from './entries.ts'
import { NegationEvaluator } from './negation-evaluator.ts'
import type { Order } from './order.ts'
import type { CorrelationPlan } from './plan.ts'
import { SequenceEvaluator } from './sequence-evaluator.ts'
import { WindowEvaluator } from './window-evaluator.ts'

/**
 * Goes through the entries of a group in their order, run by run (the entries of one microsecond), and says for each run
 * whether the condition is true of the window that it ends.
 */
export interface Evaluator {
  /** The rank behind the last run; -1 when it has to seek. */
  position: number
  /** Makes the run that begins at a rank the next one. */
  seek(order: Order, rank: number): void
  /** The run of the ranks from `position` to `end`. */
  run(order: Order, end: number): boolean
  /** An entry was put in at a rank before the position. */
  inserted(order: Order, rank: number): void
  /** Entries are about to be dropped from the front. */
  dropping(order: Order, count: number): void
  /** What a threshold is compared with, for those types that have one. */
  readonly value: number | undefined
}

export function createEvaluator(plan: CorrelationPlan, entries: Entries): Evaluator {
  if (plan.rule.correlation.type === 'temporal_ordered') return new SequenceEvaluator(plan, entries)
  return plan.telling === 'not'
    ? new NegationEvaluator(plan, entries)
    : new WindowEvaluator(plan, entries)
}
