import { searchedFields } from '../audit/item-keys.ts'
import type { EventBatch, SearchedField } from '../contracts.ts'
import { ABSENT, UNKNOWN } from '../util/hash.ts'
import type { Admission } from './admission.ts'
import { CommonRules } from './common-rules.ts'
import { addRule, hasCommon, numbersInBoth, type RuleBits, rulesWhere } from './rule-bits.ts'
import { createTextSearch, type SoughtText, type TextSearch } from './text-search.ts'
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

/** What is searched in one field, and for which rules. */
interface FieldSearch {
  readonly field: SearchedField
  readonly search: TextSearch
  /** All rules that have a needle here. */
  readonly all: RuleBits
  /** Those of them with one that may stand anywhere. */
  readonly anywhere: RuleBits
  /** The number of the first of its needles among those of all fields. */
  readonly firstNeedle: number
}

/** `witnesses` are in the order of the rules. */
export function createTextFilter(witnesses: readonly Witness[]): TextFilter {
  const bounded = boundedWitnesses(witnesses)
  const needleRules: RuleBits[] = []
  const searches = searchedFields.flatMap((field) => fieldSearchOf(field, bounded, needleRules))
  const without = rulesWhere(bounded, (witness) => witness === undefined)
  const common = new CommonRules(needleRules)
  /** The run in which a rule was found last. */
  const foundIn = new Uint32Array(bounded.length)
  let run = 0
  let admissions = 0

  const addEach = (rules: readonly number[], found: number[]): void => {
    for (const rule of rules) {
      if (foundIn[rule] === run) continue
      foundIn[rule] = run
      found.push(rule)
    }
  }

  return {
    admit: (rules) =>
      rules.every((word) => word === 0)
        ? undefined
        : {
            number: admissions++,
            rules,
            plain: numbersInBoth(rules, without),
            searches: searches.flatMap(({ all, anywhere }, number) =>
              hasCommon(rules, all) ? [{ number, isAtStart: !hasCommon(rules, anywhere) }] : [],
            ),
          },
    open: (batch) => {
      const { starts, texts } = batch.index
      const places = searches.map(({ field }) => texts[field])
      const seekers = searches.map(({ search }) => search.open(batch))
      return (item, admission, found) => {
        const { rules, plain, searches: asked } = admission
        for (const rule of plain) found.push(rule)
        if (asked.length === 0) return
        run = run === 0xffffffff ? 1 : run + 1
        for (const { number, isAtStart } of asked) {
          const place = places[number]![item]!
          if (place === ABSENT) continue
          const { all, firstNeedle } = searches[number]!
          const { beginnings, all: whole } = seekers[number]!
          const seek = isAtStart ? beginnings : whole
          const needles =
            place === UNKNOWN ? undefined : seek(starts[item]! + (place >>> 16), place & 0xffff)
          if (needles === undefined) addEach(numbersInBoth(rules, all), found)
          else
            for (const needle of needles) addEach(common.of(admission, firstNeedle + needle), found)
        }
        if (found.length > plain.length) sortNumbers(found)
      }
    },
  }
}

/** Of a few numbers, most of them in their place, sooner than by a general sort. */
function sortNumbers(numbers: number[]): void {
  if (numbers.length > 16) {
    numbers.sort((a, b) => a - b)
    return
  }
  for (let next = 1; next < numbers.length; next++) {
    const number = numbers[next]!
    let place = next
    for (; place > 0 && numbers[place - 1]! > number; place--) numbers[place] = numbers[place - 1]!
    numbers[place] = number
  }
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

/** None if nothing is searched there. Appends the rules of its needles. */
function fieldSearchOf(
  field: SearchedField,
  witnesses: readonly Witness[],
  needleRules: RuleBits[],
): readonly FieldSearch[] {
  const firstNeedle = needleRules.length
  const numbers = new Map<string, number>()
  const sought: SoughtText[] = []
  const words = Math.ceil(witnesses.length / 32)
  const all: RuleBits = new Int32Array(words)
  const anywhere: RuleBits = new Int32Array(words)
  for (const [rule, witness] of witnesses.entries()) {
    for (const needle of witness ?? []) {
      if (needle.field !== field) continue
      addRule(all, rule)
      const isAtStart = needle.isAtStart === true
      if (!isAtStart) addRule(anywhere, rule)
      const key = `${isAtStart ? '^' : ''} ${needle.text}`
      let number = numbers.get(key)
      if (number === undefined) {
        number = sought.push({ text: needle.text, isAtStart }) - 1
        numbers.set(key, number)
        needleRules.push(new Int32Array(words))
      }
      addRule(needleRules[firstNeedle + number]!, rule)
    }
  }
  return sought.length === 0
    ? []
    : [{ field, search: createTextSearch(sought), all, anywhere, firstNeedle }]
}
