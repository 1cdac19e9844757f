import { indexedFields, searchedFields } from '../audit/item-keys.ts'
import type { IndexedField, ItemIndex } from '../contracts.ts'
import { ABSENT, UNKNOWN } from '../util/hash.ts'
import type { Admission } from './admission.ts'
import { ColumnMemo } from './column-memo.ts'
import { createPredicateFilter } from './predicate-filter.ts'
import type { ColumnNeed, Requirement } from './requirement.ts'
import { addRule, keepCommon, type RuleBits, rulesWhere } from './rule-bits.ts'
import { createValueClasses } from './value-classes.ts'

/** What an item's columns admit, and whether there is something to tell of its credential; undefined when it is no rule. */
export type ColumnFilter = (item: number, hasStory: boolean) => Admission | undefined

/** Which rules a column admits, by what it holds. UNKNOWN admits all. */
interface RuleColumn {
  readonly field: IndexedField
  /** Those that rules name. */
  readonly values: readonly number[]
  /** By the place of the value; the last is for those that no rule names. */
  readonly admits: readonly RuleBits[]
}

/**
 * Ordinary traffic has few combinations of values that rules name, so what was worked out for one is kept, in a table of
 * fixed size. `requirements` are in the order of the rules; `admit` gives the admission of a set of them.
 */
export function createColumnFilter(
  requirements: readonly Requirement[],
  admit: (rules: RuleBits) => Admission | undefined,
): (index: ItemIndex) => ColumnFilter {
  const columns = indexedFields.flatMap((field) => columnOf(field, requirements) ?? [])
  const usedBits = requirements.reduce((bits, { annotationBits }) => bits | annotationBits, 0)
  const filters = masksOf(usedBits).map((mask) => ({
    mask,
    admits: rulesWhere(requirements, ({ annotationBits }) => (annotationBits & mask) === 0),
  }))
  const byPredicates = createPredicateFilter(requirements)
  const classOf = createValueClasses(columns.map(({ values }) => values))
  const textFields = searchedFields.filter((field) =>
    requirements.some(({ texts }) => texts.has(field)),
  )
  const byTexts = textFields.map((field) => ({
    absent: rulesWhere(requirements, ({ texts }) => texts.get(field) !== 'present'),
    present: rulesWhere(requirements, ({ texts }) => texts.get(field) !== 'absent'),
  }))
  const all = rulesWhere(requirements, () => true)
  const withoutStory = rulesWhere(requirements, ({ needsStory }) => !needsStory)
  const memo = new ColumnMemo<Admission | undefined>(columns.length + 4)
  const { key } = memo

  return (index) => {
    const values = columns.map(({ field }) => index.columns[field])
    const texts = textFields.map((field) => index.texts[field])
    const workOut = (item: number, hasStory: boolean): Admission | undefined => {
      const admitted = (hasStory ? all : withoutStory).slice()
      for (const [i, { admits }] of columns.entries()) {
        if (values[i]![item] !== UNKNOWN) keepCommon(admitted, admits[key[i]!]!)
      }
      for (const [i, { absent, present }] of byTexts.entries()) {
        const text = texts[i]![item]!
        if (text !== UNKNOWN) keepCommon(admitted, text === ABSENT ? absent : present)
      }
      const keys = index.annotationKeys[item]!
      for (const { mask, admits } of filters) if ((keys & mask) === 0) keepCommon(admitted, admits)
      keepCommon(admitted, byPredicates(index.certainlyTrue[item]!, index.certainlyFalse[item]!))
      return admit(admitted)
    }
    return (item, hasStory) => {
      let cell = 0
      for (; cell < columns.length; cell++) {
        const value = values[cell]![item]!
        key[cell] = value === UNKNOWN ? -1 : classOf(cell, value)
      }
      let states = hasStory ? 1 : 0
      for (let i = 0; i < texts.length; i++) {
        const text = texts[i]![item]!
        states = 4 * states + (text === ABSENT ? 0 : text === UNKNOWN ? 1 : 2)
      }
      key[cell] = states
      key[cell + 1] = index.annotationKeys[item]! & usedBits
      key[cell + 2] = index.certainlyTrue[item]!
      key[cell + 3] = index.certainlyFalse[item]!
      return memo.find() ? memo.answer : memo.keep(workOut(item, hasStory))
    }
  }
}

function columnOf(
  field: IndexedField,
  requirements: readonly Requirement[],
): RuleColumn | undefined {
  const needs = requirements.map(({ columns }) => columns.get(field))
  if (needs.every((need) => need === undefined)) return undefined
  const otherwise = rulesWhere(needs, (need) => need === undefined || need === 'present')
  const absent = rulesWhere(
    needs,
    (need) => need === undefined || (need !== 'present' && need.has(ABSENT)),
  )
  const byHash = rulesByHash(needs, otherwise).set(ABSENT, absent)
  return {
    field,
    values: [...byHash.keys()],
    admits: [...byHash.values(), otherwise],
  }
}

/** What is admitted whatever the value, and the rules that name this one: time linear in what all rules name. */
function rulesByHash(
  needs: readonly (ColumnNeed | undefined)[],
  otherwise: RuleBits,
): Map<number, RuleBits> {
  const byHash = new Map<number, RuleBits>()
  for (const [rule, need] of needs.entries()) {
    if (need === undefined || need === 'present') continue
    for (const hash of need) {
      const bits = byHash.get(hash) ?? otherwise.slice()
      byHash.set(hash, addRule(bits, rule))
    }
  }
  return byHash
}

/** Each bit alone. */
function masksOf(bits: number): number[] {
  return Array.from({ length: 32 }, (_, bit) => 1 << bit).filter((mask) => (bits & mask) !== 0)
}
