import type { Expr, FieldExpr, ValueTest } from '../../contracts.ts'
import type { DerivedField, FieldValue } from './field.ts'
import { derivedFieldOf, factsWherePresent } from './table.ts'
import type { WireFact, WireFacts } from './wire-fact.ts'

/** Where a condition stands, for people. */
type Place = Pick<FieldExpr, 'selection' | 'location'>

/**
 * What is true of the wire of every event on which the test of a derived field is true (or, if `isWanted` is false, false),
 * as a condition on fields of the wire. Undefined when nothing is known, and for fields of the wire.
 */
export function impliedBy(expr: FieldExpr, isWanted: boolean): Expr | undefined {
  const { path, paths, test } = expr
  const derived = paths === undefined ? derivedFieldOf(path) : undefined
  if (derived === undefined || test.matches(undefined) === isWanted) return undefined
  const ways = waysTo(path, derived, ({ value }) => test.matches([value]) === isWanted)
  return exprOf((isWanted ? waysByComparison(derived, test) : undefined) ?? ways, expr)
}

/** By what each of the comparisons says, of which one holds. */
function waysByComparison({ whereOne }: DerivedField, test: ValueTest): WireFacts | undefined {
  if (whereOne === undefined || test.onlyIf === undefined || test.onlyIf.length === 0)
    return undefined
  const ways = test.onlyIf.map(whereOne)
  return ways.includes(undefined) ? undefined : ways.flatMap((facts) => facts ?? [])
}

/** The same of every event that has the field. */
export function impliedByPresence(path: string, place: Place): Expr | undefined {
  const derived = derivedFieldOf(path)
  return derived === undefined
    ? undefined
    : exprOf(
        waysTo(path, derived, () => true),
        place,
      )
}

/** All ways to the values that are taken; undefined when nothing is known. */
function waysTo(
  path: string,
  { values }: DerivedField,
  isTaken: (value: FieldValue) => boolean,
): WireFacts | undefined {
  if (values === undefined) return factsWherePresent(path)
  const ways = new Set<readonly WireFact[]>()
  for (const value of values.filter(isTaken)) {
    if (value.facts === undefined) return factsWherePresent(path)
    for (const way of value.facts) ways.add(way)
  }
  return [...ways]
}

function exprOf(ways: WireFacts | undefined, place: Place): Expr | undefined {
  if (ways === undefined || ways.length === 0) return undefined
  return joined(
    'or',
    ways.map((facts) =>
      joined(
        'and',
        facts.map((fact) => factExpr(fact, place)),
      ),
    ),
  )
}

function joined(kind: 'and' | 'or', items: readonly Expr[]): Expr {
  const [only] = items
  return items.length === 1 && only !== undefined ? only : { kind, items }
}

function factExpr({ field, test, isNot }: WireFact, { selection, location }: Place): Expr {
  const item: FieldExpr = { kind: 'field', path: field, test, selection, location }
  return isNot ? { kind: 'not', item } : item
}
