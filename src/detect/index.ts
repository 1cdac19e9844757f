import type { EventBatch } from '../contracts.ts'
import { createColumnFilter } from './column-filter.ts'
import { createTextFilter } from './text-filter.ts'
import { createUserFilter } from './user-filter.ts'
import type { Ways } from './ways.ts'

/** Tells which rules can match an item, from its index and a few texts in its bytes. */
export interface RuleIndex {
  /**
   * The candidates among the items of one batch: call with an item's number, and whether there is something to tell of
   * its credential; get numbers of rules in ascending order. The array is reused by the next call.
   */
  open(batch: EventBatch): (item: number, hasStory: boolean) => readonly number[]
}

/**
 * For an item, first what its columns admit, which is mostly nothing and is remembered; then of these what its texts show, and
 * of those who is no user that they leave alone. What is done for an item is about the few that are found, so the cost hardly
 * grows with the number of all. The filters look at each way of a rule by itself. `rules` are the ways of each.
 */
export function createRuleIndex(rules: readonly Ways[]): RuleIndex {
  const ways = rules.flat()
  const ruleOf = Uint32Array.from(rules.flatMap((each, rule) => each.map(() => rule)))
  const texts = createTextFilter(ways.map(({ witness }) => witness))
  const openColumns = createColumnFilter(ways, texts.admit)
  const openUsers = createUserFilter(ways.map(({ notUsers }) => notUsers))
  const found: number[] = []
  /** From ways to their rules, each once: those of a rule follow on each other. */
  const toRules = (): void => {
    let count = 0
    for (const way of found) {
      const rule = ruleOf[way]!
      if (count === 0 || found[count - 1] !== rule) found[count++] = rule
    }
    found.length = count
  }
  return {
    open: (batch) => {
      const byColumns = openColumns(batch.index)
      const byTexts = texts.open(batch)
      const byUser = openUsers(batch)
      return (item, hasStory) => {
        if (found.length > 0) found.length = 0
        const admission = byColumns(item, hasStory)
        if (admission === undefined) return found
        byTexts(item, admission, found)
        if (found.length === 0) return found
        byUser(item, found)
        toRules()
        return found
      }
    },
  }
}
