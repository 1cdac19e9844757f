import { indexedFields } from '../audit/item-keys.ts'
import type { EventBatch, IndexedField } from '../contracts.ts'
import { ABSENT, UNKNOWN } from '../util/hash.ts'
import { createPredicateFilter } from './predicate-filter.ts'
import type { ColumnNeed, Requirement } from './requirement.ts'
import { addRule, intersect, type RuleBits, rulesWhere } from './rule-bits.ts'
import { createTextFilter } from './text-filter.ts'

/** Tells which rules can match an item, from its index and a few texts in its bytes. */
export interface RuleIndex {
  /**
   * The candidates among the items of one batch: call with an item's number, and whether there is something to tell of
   * its credential; get numbers of rules in ascending order. The array is reused by the next call.
   */
  open(batch: EventBatch): (item: number, hasStory: boolean) => readonly number[]
}

/** Which rules a column admits, by what it holds. UNKNOWN admits all. */
interface RuleColumn {
  readonly field: IndexedField
  readonly byHash: ReadonlyMap<number, RuleBits>
  /** For a value that no rule names. */
  readonly otherwise: RuleBits
  readonly absent: RuleBits
}

/**
 * For an item, the sets of rules that its columns admit are intersected: some nine words for every 32 rules, so that
 * the cost hardly grows with their number. `requirements` are in the order of the rules.
 */
export function createRuleIndex(requirements: readonly Requirement[]): RuleIndex {
  // Those that tell most values apart first.
  const columns = indexedFields
    .flatMap((field) => columnOf(field, requirements) ?? [])
    .sort((a, b) => b.byHash.size - a.byHash.size)
  const usedBits = requirements.reduce((bits, { annotationBits }) => bits | annotationBits, 0)
  const filters = masksOf(usedBits).map((mask) => ({
    mask,
    admits: rulesWhere(requirements, ({ annotationBits }) => (annotationBits & mask) === 0),
  }))
  const byPredicates = createPredicateFilter(requirements)
  const openTexts = createTextFilter(requirements.map(({ witness }) => witness))
  const all = rulesWhere(requirements, () => true)
  const withoutStory = rulesWhere(requirements, ({ needsStory }) => !needsStory)
  const admitted: RuleBits[] = []
  const found: number[] = []
  return {
    open: (batch) => {
      const items = batch.index
      const byTexts = openTexts?.(batch)
      const hashes = columns.map(({ field }) => items.columns[field])
      return (item, hasStory) => {
        admitted.length = 0
        if (!hasStory) admitted.push(withoutStory)
        // First what admits fewest: where nothing is left of a word, the others are not asked.
        if (byTexts !== undefined) admitted.push(byTexts(item))
        for (let i = 0; i < columns.length; i++) {
          const hash = hashes[i]![item]!
          if (hash !== UNKNOWN) admitted.push(admittedBy(columns[i]!, hash))
        }
        const keys = items.annotationKeys[item]!
        for (const { mask, admits } of filters) if ((keys & mask) === 0) admitted.push(admits)
        admitted.push(byPredicates(items.certainlyTrue[item]!, items.certainlyFalse[item]!))
        intersect(all, admitted, found)
        return found
      }
    },
  }
}

function columnOf(
  field: IndexedField,
  requirements: readonly Requirement[],
): RuleColumn | undefined {
  const needs = requirements.map(({ columns }) => columns.get(field))
  if (needs.every((need) => need === undefined)) return undefined
  const otherwise = rulesWhere(needs, (need) => need === undefined || need === 'present')
  return {
    field,
    byHash: rulesByHash(needs, otherwise),
    otherwise,
    absent: rulesWhere(
      needs,
      (need) => need === undefined || (need !== 'present' && need.has(ABSENT)),
    ),
  }
}

/** What is admitted whatever the value, and the rules that name this one: time linear in what all rules name. */
function rulesByHash(
  needs: readonly (ColumnNeed | undefined)[],
  otherwise: RuleBits,
): ReadonlyMap<number, RuleBits> {
  const byHash = new Map<number, RuleBits>()
  for (const [rule, need] of needs.entries()) {
    if (need === undefined || need === 'present') continue
    for (const hash of need) {
      const bits = byHash.get(asKey(hash)) ?? otherwise.slice()
      byHash.set(asKey(hash), addRule(bits, rule))
    }
  }
  return byHash
}

function admittedBy({ absent, byHash, otherwise }: RuleColumn, hash: number): RuleBits {
  return hash === ABSENT ? absent : (byHash.get(asKey(hash)) ?? otherwise)
}

/** A hash as a signed number, which the engine keeps without a box. */
function asKey(hash: number): number {
  return hash | 0
}

/** Each bit alone. */
function masksOf(bits: number): number[] {
  return Array.from({ length: 32 }, (_, bit) => 1 << bit).filter((mask) => (bits & mask) !== 0)
}
