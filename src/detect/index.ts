import { indexedFields } from '../audit/item-keys.ts'
import type { IndexedField, ItemIndex } from '../contracts.ts'
import { ABSENT, foldedHash, UNKNOWN } from '../util/hash.ts'
import type { ColumnNeed, Requirement } from './requirement.ts'

/** Tells which rules can match an item, from its index alone. */
export interface RuleIndex {
  /**
   * The candidates among the items of one batch: call with an item's number, get numbers of rules in ascending order.
   * The array is reused by the next call.
   */
  open(items: ItemIndex): (item: number) => readonly number[]
}

/** The rules that are looked up in one column. */
interface Lookup {
  readonly field: IndexedField
  readonly rulesByHash: Map<number, number[]>
  /** Those that take any value that is there. */
  readonly rulesIfPresent: number[]
  readonly allRules: number[]
}

/** What is left to check of a rule after its lookup. */
interface Checks {
  readonly columns: readonly { readonly field: IndexedField; readonly need: ColumnNeed }[]
  readonly annotationBits: number
}

/**
 * Each rule is looked up in the column that excludes most, and its other requirements are checked for the few that
 * come out; so an item costs some look-ups, however many rules there are. `requirements` are in the order of the rules.
 */
export function createRuleIndex(requirements: readonly Requirement[]): RuleIndex {
  const lookups = new Map<IndexedField, Lookup>()
  const rulesByBit = new Map<number, number[]>()
  const unindexed: number[] = []
  const checks: Checks[] = []
  for (const [rule, requirement] of requirements.entries()) {
    const field = mostSelective(requirement)
    checks.push(checksWithout(requirement, field))
    const need = field === undefined ? undefined : requirement.columns.get(field)
    if (field !== undefined && need !== undefined) addTo(lookupOf(lookups, field), rule, need)
    else if (requirement.annotationBits !== 0)
      pushTo(rulesByBit, lowestBit(requirement.annotationBits), rule)
    else unindexed.push(rule)
  }
  const lookupList = [...lookups.values()]
  let usedBits = 0
  for (const bit of rulesByBit.keys()) usedBits |= 1 << bit
  const found: number[] = []
  return {
    open: (items) => {
      const columns = lookupList.map(({ field }) => items.columns[field])
      return (item) => {
        found.length = 0
        for (const rule of unindexed) found.push(rule)
        for (let i = 0; i < lookupList.length; i++)
          lookUp(lookupList[i]!, columns[i]![item]!, items, item, checks, found)
        let bits = items.annotationKeys[item]! & usedBits
        while (bits !== 0) {
          const bit = lowestBit(bits)
          bits &= bits - 1
          addPassing(rulesByBit.get(bit), items, item, checks, found)
        }
        return found.length > 1 ? sortInPlace(found) : found
      }
    },
  }
}

function lookUp(
  lookup: Lookup,
  hash: number,
  items: ItemIndex,
  item: number,
  checks: readonly Checks[],
  found: number[],
): void {
  if (hash === ABSENT) return
  if (hash === UNKNOWN) {
    addPassing(lookup.allRules, items, item, checks, found)
    return
  }
  addPassing(lookup.rulesByHash.get(asKey(hash)), items, item, checks, found)
  if (lookup.rulesIfPresent.length > 0)
    addPassing(lookup.rulesIfPresent, items, item, checks, found)
}

function addPassing(
  rules: readonly number[] | undefined,
  items: ItemIndex,
  item: number,
  checks: readonly Checks[],
  found: number[],
): void {
  if (rules === undefined) return
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i]!
    if (passes(checks[rule]!, items, item)) found.push(rule)
  }
}

function passes({ columns, annotationBits }: Checks, items: ItemIndex, item: number): boolean {
  if ((items.annotationKeys[item]! & annotationBits) !== annotationBits) return false
  for (let i = 0; i < columns.length; i++) {
    const { field, need } = columns[i]!
    const hash = items.columns[field][item]!
    if (hash === UNKNOWN) continue
    if (hash === ABSENT) return false
    if (need !== 'present' && !need.has(hash)) return false
  }
  return true
}

/** Ascending, by insertion: there are few, and they are nearly in order. */
function sortInPlace(numbers: number[]): number[] {
  for (let i = 1; i < numbers.length; i++) {
    const number = numbers[i]!
    let at = i
    while (at > 0 && numbers[at - 1]! > number) {
      numbers[at] = numbers[at - 1]!
      at -= 1
    }
    numbers[at] = number
  }
  return numbers
}

/** As a 32-bit signed number, which the engine keeps without a box. */
function asKey(hash: number): number {
  return hash | 0
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}

function lookupOf(lookups: Map<IndexedField, Lookup>, field: IndexedField): Lookup {
  const known = lookups.get(field)
  if (known !== undefined) return known
  const lookup: Lookup = { field, rulesByHash: new Map(), rulesIfPresent: [], allRules: [] }
  lookups.set(field, lookup)
  return lookup
}

function addTo(lookup: Lookup, rule: number, need: ColumnNeed): void {
  lookup.allRules.push(rule)
  if (need === 'present') lookup.rulesIfPresent.push(rule)
  else for (const hash of need) pushTo(lookup.rulesByHash, asKey(hash), rule)
}

function pushTo(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

function checksWithout(
  { columns, annotationBits }: Requirement,
  lookedUp: IndexedField | undefined,
): Checks {
  const rest = [...columns].filter(([field]) => field !== lookedUp)
  return { columns: rest.map(([field, need]) => ({ field, need })), annotationBits }
}

/** About how many of the events of an ordinary cluster hold one given value of a column. */
const shareOfOneValue: Readonly<Record<IndexedField, number>> = {
  'impersonatedUser.username': 0.001,
  'objectRef.subresource': 0.03,
  'objectRef.resource': 0.05,
  'user.username': 0.05,
  'responseStatus.code': 0.02,
  'objectRef.apiGroup': 0.15,
  verb: 0.1,
  stage: 0.5,
}
/** Columns that are empty in most events. */
const shareOfPresent: Partial<Readonly<Record<IndexedField, number>>> = {
  'impersonatedUser.username': 0.002,
  'objectRef.subresource': 0.2,
}
/** Values that make up most of a cluster's events. */
const commonValues: ReadonlyMap<IndexedField, ReadonlySet<number>> = new Map([
  ['verb', new Set(['get', 'update', 'watch', 'list', 'patch'].map(foldedHash))],
  ['responseStatus.code', new Set(['200', '201'].map(foldedHash))],
  ['objectRef.resource', new Set(['leases', 'nodes', 'pods'].map(foldedHash))],
])
const shareOfCommonValue = 0.3

function mostSelective({ columns }: Requirement): IndexedField | undefined {
  const shares = indexedFields.flatMap((field) => {
    const need = columns.get(field)
    return need === undefined ? [] : [{ field, share: shareOf(field, need) }]
  })
  return shares.toSorted((a, b) => a.share - b.share)[0]?.field
}

function shareOf(field: IndexedField, need: ColumnNeed): number {
  if (need === 'present') return shareOfPresent[field] ?? 1
  let share = 0
  for (const hash of need)
    share += commonValues.get(field)?.has(hash) ? shareOfCommonValue : shareOfOneValue[field]
  return share
}
