import { searchedFields } from '../audit/item-keys.ts'
import type { EventBatch, SearchedField } from '../contracts.ts'
import { ABSENT, UNKNOWN } from '../util/hash.ts'
import type { Admission } from './admission.ts'
import { addRule, hasRule, numbersInBoth, type RuleBits, rulesWhere } from './rule-bits.ts'
import { createTextSearch, type TextSearch } from './text-search.ts'
import type { Witness } from './witness.ts'

/** Looks for needles in texts where the index says that they stand, without decoding the items. */
export interface TextFilter {
  /** The rules of the set apart by whether they wait for a needle. Undefined for the empty set. */
  admit(rules: RuleBits): Admission | undefined
  /** Appends the numbers of the admitted rules whose witness an item shows, and of those without one; ascending. */
  open(batch: EventBatch): (item: number, admission: Admission, found: number[]) => void
}

/** Memory of the automata is bounded: rules with a witness beyond are evaluated on every event. */
const maxCharacters = 1 << 17

/** What is searched in one field, anywhere or at its beginning, and for which rules. */
interface FieldSearch {
  readonly field: SearchedField
  readonly search: TextSearch
  /** All rules that have a needle here. */
  readonly all: RuleBits
  readonly rulesOf: readonly NeedleRules[]
}

/** The rules of a needle: a list, or where that is longer than a set a set, too. */
interface NeedleRules {
  readonly list: readonly number[]
  readonly set: RuleBits | undefined
}

/** `witnesses` are in the order of the rules. */
export function createTextFilter(witnesses: readonly Witness[]): TextFilter {
  const bounded = boundedWitnesses(witnesses)
  const searches = searchedFields.flatMap((field) =>
    [false, true].flatMap((isAtStart) => fieldSearchOf(field, isAtStart, bounded) ?? []),
  )
  const without = rulesWhere(bounded, (witness) => witness === undefined)
  /** The run in which a rule was found last. */
  const foundIn = new Uint32Array(bounded.length)
  let run = 0

  const addEach = (rules: readonly number[], admitted: RuleBits, found: number[]): void => {
    for (const rule of rules) {
      if (!hasRule(admitted, rule) || foundIn[rule] === run) continue
      foundIn[rule] = run
      found.push(rule)
    }
  }

  return {
    admit: (rules) =>
      rules.every((word) => word === 0)
        ? undefined
        : {
            rules,
            plain: numbersInBoth(rules, without),
            searches: searches.reduce(
              (bits, { all }, number) =>
                numbersInBoth(rules, all).length > 0 ? bits | (1 << number) : bits,
              0,
            ),
          },
    open: (batch) => {
      const { starts, texts } = batch.index
      const places = searches.map(({ field }) => texts[field])
      const seekers = searches.map(({ search }) => search.open(batch))
      return (item, { rules, plain, searches: asked }, found) => {
        for (const rule of plain) found.push(rule)
        if (asked === 0) return
        run = run === 0xffffffff ? 1 : run + 1
        for (let number = 0, bits = asked; bits !== 0; number++, bits >>= 1) {
          const place = places[number]![item]!
          if ((bits & 1) === 0 || place === ABSENT) continue
          const { all, rulesOf } = searches[number]!
          const needles =
            place === UNKNOWN
              ? undefined
              : seekers[number]!(starts[item]! + (place >>> 16), place & 0xffff)
          if (needles === undefined) addEach(numbersInBoth(rules, all), rules, found)
          else
            for (const needle of needles) {
              const { list, set } = rulesOf[needle]!
              addEach(set === undefined ? list : numbersInBoth(rules, set), rules, found)
            }
        }
        if (found.length > plain.length) found.sort(ascending)
      }
    },
  }
}

function ascending(a: number, b: number): number {
  return a - b
}

function boundedWitnesses(witnesses: readonly Witness[]): readonly Witness[] {
  let characters = 0
  return witnesses.map((witness) => {
    const more = witness?.reduce((sum, { text }) => sum + text.length, 0) ?? 0
    if (characters + more > maxCharacters) return undefined
    characters += more
    return witness
  })
}

function fieldSearchOf(
  field: SearchedField,
  isAtStart: boolean,
  witnesses: readonly Witness[],
): FieldSearch | undefined {
  const rulesByNeedle = new Map<string, number[]>()
  const all: RuleBits = new Int32Array(Math.ceil(witnesses.length / 32))
  for (const [rule, witness] of witnesses.entries()) {
    for (const needle of witness ?? []) {
      if (needle.field !== field || (needle.isAtStart === true) !== isAtStart) continue
      addRule(all, rule)
      const rules = rulesByNeedle.get(needle.text)
      if (rules === undefined) rulesByNeedle.set(needle.text, [rule])
      else rules.push(rule)
    }
  }
  if (rulesByNeedle.size === 0) return undefined
  return {
    field,
    search: createTextSearch({ field, needles: [...rulesByNeedle.keys()], isAtStart }),
    all,
    rulesOf: [...rulesByNeedle.values()].map((list) => ({
      list,
      set: list.length > all.length ? setOf(list, all.length) : undefined,
    })),
  }
}

function setOf(rules: readonly number[], words: number): RuleBits {
  return rules.reduce(addRule, new Int32Array(words))
}
