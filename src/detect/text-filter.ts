import { searchedFields } from '../audit/item-keys.ts'
import type { EventBatch, ItemIndex, SearchedField } from '../contracts.ts'
import { ABSENT, UNKNOWN } from '../util/hash.ts'
import { type Automaton, createAutomaton } from './automaton.ts'
import { addAll, haveCommon, keepCommon, type RuleBits, rulesWhere } from './rule-bits.ts'
import { TextMemo } from './text-memo.ts'
import type { Witness } from './witness.ts'

/** Takes out of the rules that an item admits those whose witness it does not show. */
export type TextFilter = (item: number, admitted: RuleBits) => void

/** Memory of the automata is bounded: rules with a witness beyond are evaluated on every event. */
const maxCharacters = 1 << 17
/** What is searched in one field. */
interface FieldSearch {
  readonly field: SearchedField
  readonly automaton: Automaton
  /** By needle. */
  readonly rules: readonly (readonly number[])[]
  /** All rules that have a needle here. */
  readonly all: RuleBits
  /** Of the text searched last. */
  readonly found: RuleBits
  readonly memo: TextMemo | undefined
}

/**
 * Looks for needles in texts where the index says that they stand, without decoding the items; only for needles of rules that
 * are still admitted. `witnesses` are in the order of the rules.
 */
export function createTextFilter(witnesses: readonly Witness[]): (batch: EventBatch) => TextFilter {
  const bounded = boundedWitnesses(witnesses)
  const searches = searchedFields.flatMap((field) => searchOf(field, bounded) ?? [])
  const without = rulesWhere(bounded, (witness) => witness === undefined)
  const shown = without.slice()
  return (batch) => {
    const { index } = batch
    const seekers = searches.map((search) => ({
      search,
      places: index.texts[search.field],
      seek: seekerOf(search, batch),
    }))
    return (item, admitted) => {
      let isAsked = false
      for (let number = 0; number < seekers.length; number++) {
        const { search, places, seek } = seekers[number]!
        if (!haveCommon(admitted, search.all)) continue
        if (!isAsked) shown.set(without)
        isAsked = true
        const place = places[item]!
        if (place === ABSENT) continue
        const start = index.starts[item]! + (place >>> 16)
        addAll(shown, place === UNKNOWN ? search.all : seek(item, start, place & 0xffff))
      }
      if (isAsked) keepCommon(admitted, shown)
    }
  }
}

/** The rules whose needles stand in a text, or may. The set is reused by the next call. */
type Seek = (item: number, start: number, length: number) => RuleBits

function seekerOf(search: FieldSearch, { bytes, index }: EventBatch): Seek {
  const { memo, found, all } = search
  const seek = (start: number, length: number): RuleBits => {
    found.fill(0)
    return searchText(search, bytes, start, start + length, found) ? found : all
  }
  const hashes = hashesOf(search.field, index)
  if (memo === undefined || hashes === undefined)
    return (_item, start, length) => seek(start, length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return (item, start, length) => {
    const known = memo.find(hashes[item]!, view, start, length)
    if (known !== undefined) return known
    const answer = seek(start, length)
    memo.keep(bytes, start, length, answer)
    return answer
  }
}

/** Of fields whose texts recur. */
function hashesOf(field: SearchedField, index: ItemIndex): Uint32Array | undefined {
  if (field === 'userAgent') return index.agents
  return field === 'user.username' ? index.columns[field] : undefined
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

function searchOf(field: SearchedField, witnesses: readonly Witness[]): FieldSearch | undefined {
  const rulesByNeedle = new Map<string, number[]>()
  for (const [rule, witness] of witnesses.entries()) {
    for (const needle of witness ?? []) {
      if (needle.field !== field) continue
      const rules = rulesByNeedle.get(needle.text)
      if (rules === undefined) rulesByNeedle.set(needle.text, [rule])
      else rules.push(rule)
    }
  }
  if (rulesByNeedle.size === 0) return undefined
  const all = rulesWhere(
    witnesses,
    (witness) => witness?.some((needle) => needle.field === field) === true,
  )
  const recurs = field === 'userAgent' || field === 'user.username'
  return {
    field,
    automaton: createAutomaton([...rulesByNeedle.keys()]),
    rules: [...rulesByNeedle.values()],
    all,
    found: all.slice(),
    memo: recurs ? new TextMemo(all.length) : undefined,
  }
}

/** Admits the rules whose needles stand in a text of JSON, given without its quotes. False when it is not all ASCII. */
function searchText(
  { automaton, rules }: FieldSearch,
  bytes: Uint8Array,
  start: number,
  end: number,
  admitted: RuleBits,
): boolean {
  const { next, classOf, classes, ends, found } = automaton
  let state = 0
  for (let i = start; i < end; i++) {
    let code = bytes[i]!
    if (code === BACKSLASH) {
      code = unescaped(bytes, i + 1)
      i += bytes[i + 1] === SMALL_U ? 5 : 1
    }
    if (code > 0x7f) return false
    state = next[state * classes + classOf[code]!]!
    if (ends[state] !== 0) admit(found[ends[state]!]!, rules, admitted)
  }
  return true
}

const BACKSLASH = 0x5c
const SMALL_U = 0x75

function admit(
  needles: readonly number[],
  rules: readonly (readonly number[])[],
  admitted: RuleBits,
): void {
  for (const needle of needles) {
    for (const rule of rules[needle]!) admitted[rule >> 5]! |= 1 << (rule & 31)
  }
}

const controls: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9 }

/** The code that an escape in valid JSON stands for; `at` is behind the backslash. */
function unescaped(bytes: Uint8Array, at: number): number {
  const letter = bytes[at]!
  if (letter !== SMALL_U) return controls[letter] ?? letter
  let code = 0
  for (let i = at + 1; i < at + 5; i++) {
    const digit = bytes[i]!
    code = code * 16 + (digit <= 0x39 ? digit - 0x30 : (digit | 0x20) - 0x57)
  }
  return code
}
