import { impliedBy, impliedByPresence } from '../audit/derived/implied.ts'
import type { Expr, FieldExpr } from '../contracts.ts'
import { requiredWhereFalse, requiredWhereTrue } from './leaf-requirement.ts'
import { both, either, isNothing, nothingRequired, type Requirement } from './requirement.ts'

/** More say little, and each is looked at as if it were a rule. */
const maxWays = 8

/** Ways in which a condition can be true: an item that meets none of them cannot match. */
export type Ways = readonly Requirement[]

/**
 * Necessary conditions only: of `and` all that its items ask for, of `or` each item by itself, of keywords nothing, and of a
 * negated field only what the known predicates say. One way at least, and a few at most.
 */
export function waysOf(expr: Expr): Ways {
  switch (expr.kind) {
    case 'field':
      return withImplied(requiredWhereTrue(expr), impliedBy(expr, true))
    case 'and':
      return allOf(expr.items.map(waysOf))
    case 'or':
      return anyOf(expr.items.map(waysOf))
    case 'not':
      return waysOfNot(expr.item)
    case 'fieldPair':
      return allOf([impliedWays(expr.path, expr), impliedWays(expr.otherPath, expr)])
    case 'elements':
      return expr.quantifier === 'any' || expr.quantifier === 'all'
        ? impliedWays(expr.path, expr)
        : nothing
    case 'keyword':
      return nothing
    default:
      return expr satisfies never
  }
}

/** `not (a or b)` is `not a and not b`, and the other way round. */
function waysOfNot(expr: Expr): Ways {
  switch (expr.kind) {
    case 'not':
      return waysOf(expr.item)
    case 'field':
      return withImplied(requiredWhereFalse(expr), impliedBy(expr, false))
    case 'and':
      return anyOf(expr.items.map(waysOfNot))
    case 'or':
      return allOf(expr.items.map(waysOfNot))
    case 'keyword':
    case 'fieldPair':
    case 'elements':
      return nothing
    default:
      return expr satisfies never
  }
}

const nothing: Ways = [nothingRequired]

/** Derived fields are no columns, but they say something of those. */
function withImplied(own: Requirement, implied: Expr | undefined): Ways {
  return implied === undefined ? [own] : allOf([[own], waysOf(implied)])
}

function impliedWays(path: string, place: Pick<FieldExpr, 'selection' | 'location'>): Ways {
  const implied = impliedByPresence(path, place)
  return implied === undefined ? nothing : waysOf(implied)
}

/** Where there would be too many, those of one are taken together. */
function allOf(items: readonly Ways[]): Ways {
  return items.reduce((ways, more) => {
    if (more === nothing) return ways
    if (ways === nothing) return more
    const others = ways.length * more.length > maxWays ? [more.reduce(either)] : more
    return ways.flatMap((way) => others.map((other) => both(way, other)))
  }, nothing)
}

function anyOf(items: readonly Ways[]): Ways {
  const ways = items.flat()
  if (ways.some(isNothing)) return nothing
  return ways.length > maxWays ? [ways.reduce(either)] : ways
}
