import type { Comparison, ShorterTest, ValueTest } from '../contracts.ts'
import { compileNetworks, type Network } from '../util/cidr.ts'
import { datePartOf } from './date-part.ts'
import {
  type FieldItem,
  type ItemValue,
  type NumberValue,
  type PlainValue,
  plainValues,
} from './field-item.ts'
import { foldCase, textOf } from './fold.ts'
import { compareNumbers, numberOf } from './number-test.ts'
import { compileRegex } from './regex.ts'
import { comparisonOf, foldPattern, necessaryFor } from './value-comparison.ts'
import { describe } from './value-description.ts'
import { compilePatterns, isLoneAny, literalOf, type Pattern } from './wildcard.ts'

type TextTest = (text: string) => boolean

/** What the values of a list ask for, by the kind of comparison. */
interface Wanted {
  /** Whole texts; folded unless the item is cased. */
  readonly exact: Set<string>
  /** With wildcards; folded unless the item is cased. */
  readonly patterns: Pattern[]
  readonly networks: Network[]
  /** Regular expressions, on the text as it is. */
  readonly searches: TextTest[]
  readonly comparisons: NumberValue[]
  acceptsNull: boolean
  /** A lone `*`. */
  acceptsAny: boolean
}

/**
 * The test of a field item, its negation left aside. A text in place of a test says what is wrong with a value.
 * `matches` never throws and keeps nothing.
 */
export function createTest(item: FieldItem): ValueTest | string {
  const test = testOf(item)
  if (typeof test === 'string' || item.values.length < 2) return test
  return { ...test, withoutEach: () => withoutEach(item) }
}

function* withoutEach(item: FieldItem): Iterable<ShorterTest> {
  for (const [place, value] of item.values.entries()) {
    const test = testOf({ ...item, values: item.values.toSpliced(place, 1) })
    // Its values are all of them values of a test that could be made.
    if (typeof test !== 'string') yield { without: describe(plainValues([value])), test }
  }
}

function testOf(item: FieldItem): ValueTest | string {
  const [first] = item.values
  if (first?.kind === 'presence') return presenceTest(first.isWanted)
  if (!item.isAll || item.values.length < 2) return anyOf(item.values, item.isCased)
  const tests: ValueTest[] = []
  for (const value of item.values) {
    const test = anyOf([value], item.isCased)
    if (typeof test === 'string') return test
    tests.push(test)
  }
  return allOf(tests)
}

function presenceTest(isWanted: boolean): ValueTest {
  const exists: readonly Comparison[] = [{ kind: 'exists', value: '' }]
  return {
    kind: 'presence',
    description: isWanted ? 'exists' : 'does not exist',
    matches: (values) => (values !== undefined) === isWanted,
    needsPresence: isWanted,
    ...(isWanted ? { onlyIf: exists, trueIf: exists } : { onlyIf: [] }),
  }
}

function allOf(tests: readonly ValueTest[]): ValueTest {
  const onlyEquals = tests.find((test) => test.onlyEquals !== undefined)?.onlyEquals
  // One that holds of an absent field says nothing of what is there when another needs it.
  const onlyIf = tests.find((test) => test.onlyIf !== undefined && test.needsPresence)?.onlyIf
  return {
    kind: 'allOf',
    description: tests.map((test) => test.description).join(' and '),
    matches: (values) => tests.every((test) => test.matches(values)),
    ...(onlyEquals === undefined ? {} : { onlyEquals }),
    ...(onlyIf === undefined ? {} : { onlyIf }),
    needsPresence: tests.some((test) => test.needsPresence),
  }
}

function anyOf(items: readonly ItemValue[], isCased: boolean): ValueTest | string {
  const values = plainValues(items)
  const wanted: Wanted = {
    exact: new Set(),
    patterns: [],
    networks: [],
    searches: [],
    comparisons: [],
    acceptsNull: false,
    acceptsAny: false,
  }
  for (const value of values) {
    const problem = addValue(wanted, value, isCased)
    if (problem !== undefined) return problem
  }
  const { exact, acceptsNull, acceptsAny } = wanted
  const isOnlyExact =
    !hasSearches(wanted) && wanted.comparisons.length === 0 && !acceptsNull && !acceptsAny
  const comparisons = values.flatMap((value) => comparisonOf(value) ?? [])
  const necessary = values.flatMap((value) => comparisonOf(value) ?? necessaryFor(value) ?? [])
  return {
    kind: values.every(({ kind }) => kind === 'null') ? 'absence' : 'anyOf',
    description: describe(values),
    matches: matcherOf(wanted, textTestOf(wanted, isCased)),
    ...(isOnlyExact ? { onlyEquals: [...exact].map(foldCase) } : {}),
    needsPresence: !acceptsNull,
    // Comparisons ignore case, so they are weaker than a test that does not.
    ...(necessary.length === values.filter(({ kind }) => kind !== 'null').length
      ? { onlyIf: necessary }
      : {}),
    ...(comparisons.length > 0 && !isCased ? { trueIf: comparisons } : {}),
  }
}

/** Adds one value; returns what is wrong with it. */
function addValue(wanted: Wanted, value: PlainValue, isCased: boolean): string | undefined {
  const fold = isCased ? (text: string) => text : foldCase
  switch (value.kind) {
    case 'text': {
      const literal = literalOf(value.pattern)
      if (literal !== undefined) wanted.exact.add(fold(literal))
      else if (isLoneAny(value.pattern)) wanted.acceptsAny = true
      else wanted.patterns.push(foldPattern(value.pattern, fold))
      return undefined
    }
    case 'number':
      wanted.exact.add(fold(String(value.number)))
      return undefined
    case 'boolean':
      wanted.exact.add(String(value.boolean))
      return undefined
    case 'null':
      wanted.acceptsNull = true
      return undefined
    case 'network':
      wanted.networks.push(value.network)
      return undefined
    case 'regex': {
      const search = compileRegex(value.source, value.flags)
      if (typeof search === 'string') return search
      wanted.searches.push(search)
      return undefined
    }
    case 'comparison':
      wanted.comparisons.push(value)
      return undefined
    case 'presence':
    case 'field':
      return `a ${value.kind} value stands alone`
    default:
      return value satisfies never
  }
}

/** More than whole texts is asked for. */
function hasSearches({ patterns, networks, searches }: Wanted): boolean {
  return patterns.length + networks.length + searches.length > 0
}

function textTestOf(wanted: Wanted, isCased: boolean): TextTest {
  const { exact, patterns, networks } = wanted
  const [only] = exact
  if (only !== undefined && exact.size === 1 && !hasSearches(wanted)) {
    if (isCased) return (text) => text === only
    // Folding keeps the length, so most texts need no folding to be told apart.
    return (text) => text === only || (text.length === only.length && foldCase(text) === only)
  }
  const hasExact = exact.size > 0
  const hasPatterns = patterns.length > 0
  const matchesPattern = compilePatterns(patterns)
  const searches = [...(networks.length > 0 ? [compileNetworks(networks)] : []), ...wanted.searches]
  return (text) => {
    if (hasExact || hasPatterns) {
      const compared = isCased ? text : foldCase(text)
      // A look-up in a set costs a hash of the text, even if the set is empty.
      if (hasExact && exact.has(compared)) return true
      if (hasPatterns && matchesPattern(compared)) return true
    }
    for (const search of searches) if (search(text)) return true
    return false
  }
}

/** Any element of the values; null and a lone `*` look at the field as a whole. */
function matcherOf(wanted: Wanted, testText: TextTest): ValueTest['matches'] {
  const { acceptsNull, acceptsAny, comparisons } = wanted
  const hasComparisons = comparisons.length > 0
  return (values) => {
    if (values === undefined) return acceptsNull
    if (acceptsAny && values.length === 0) return true
    for (const value of values) {
      if (value === null) {
        if (acceptsNull) return true
        continue
      }
      if (acceptsAny) return true
      const text = textOf(value)
      if (text !== undefined && testText(text)) return true
      if (hasComparisons && comparisons.some((each) => isTrueOf(each, value))) return true
    }
    return false
  }
}

function isTrueOf({ operator, number, part }: NumberValue, value: unknown): boolean {
  const own = part === undefined ? numberOf(value) : datePartOf(value, part)
  return own !== undefined && compareNumbers(own, operator, number)
}
