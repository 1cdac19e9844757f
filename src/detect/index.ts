import type { EventBatch } from '../contracts.ts'
import { createColumnFilter } from './column-filter.ts'
import type { Requirement } from './requirement.ts'
import { numbersIn, rulesWhere } from './rule-bits.ts'
import { createTextFilter } from './text-filter.ts'
import { createUserFilter } from './user-filter.ts'

/** Tells which rules can match an item, from its index and a few texts in its bytes. */
export interface RuleIndex {
  /**
   * The candidates among the items of one batch: call with an item's number, and whether there is something to tell of
   * its credential; get numbers of rules in ascending order. The array is reused by the next call.
   */
  open(batch: EventBatch): (item: number, hasStory: boolean) => readonly number[]
}

/**
 * For an item, first what its columns admit, which is mostly nothing, then of these what its texts do: so the cost hardly
 * grows with the number of rules. `requirements` are in the order of the rules.
 */
export function createRuleIndex(requirements: readonly Requirement[]): RuleIndex {
  const openColumns = createColumnFilter(requirements)
  const openTexts = createTextFilter(requirements.map(({ witness }) => witness))
  const openUsers = createUserFilter(requirements.map(({ notUsers }) => notUsers))
  const admitted = rulesWhere(requirements, () => false)
  const found: number[] = []
  return {
    open: (batch) => {
      const byColumns = openColumns(batch.index)
      const byTexts = openTexts(batch)
      const byUser = openUsers(batch)
      return (item, hasStory) => {
        found.length = 0
        if (!byColumns(item, hasStory, admitted)) return found
        byUser(item, admitted)
        byTexts(item, admitted)
        numbersIn(admitted, found)
        return found
      }
    },
  }
}
