import { impliedBy, impliedByPresence } from '../audit/derived/implied.ts'
import type {
  ElementQuantifier,
  ElementsExpr,
  Expr,
  FieldExpr,
  FieldPairExpr,
  ValueTest,
} from '../contracts.ts'

/** A field test as it stands in a condition, or what has to be false. */
export interface Literal {
  readonly field: FieldExpr
  readonly isNegated: boolean
}

/** One way to make a condition true: all of `literals`. `others` are read, too, but may turn out either way. */
export interface Alternative {
  readonly literals: readonly Literal[]
  readonly others: readonly FieldExpr[]
}

/** More ways than this are taken together, which makes what a rule needs more, never less. */
const maxAlternatives = 64

/** The ways to make a condition true. Keywords are left out: they say nothing of a field. */
export function alternativesOf(expr: Expr): readonly Alternative[] {
  return waysToBe(true, expr)
}

function waysToBe(isTrue: boolean, expr: Expr): readonly Alternative[] {
  switch (expr.kind) {
    case 'not':
      return waysToBe(!isTrue, expr.item)
    case 'field':
      return withImplied(
        [{ literals: [{ field: expr, isNegated: !isTrue }], others: [] }],
        impliedBy(expr, isTrue),
      )
    case 'and':
    case 'or': {
      const isAll = (expr.kind === 'and') === isTrue
      const ways = expr.items.map((item) => waysToBe(isTrue, item))
      return isAll ? ways.reduce(all) : any(ways.flat())
    }
    case 'keyword':
      return [{ literals: [], others: [] }]
    case 'fieldPair':
      return reading([expr.path, expr.otherPath], expr, isTrue)
    case 'elements':
      return reading([expr.path], expr, isTrue && !holdsWithoutElement.has(expr.quantifier))
    default:
      return expr satisfies never
  }
}

/** These hold without the array, too. */
const holdsWithoutElement: ReadonlySet<ElementQuantifier> = new Set(['allOrEmpty', 'none'])

/** What reads whole fields, and asks for no value of theirs that could narrow the requests. */
function reading(
  paths: readonly string[],
  { selection, location }: FieldPairExpr | ElementsExpr,
  areNeeded: boolean,
): readonly Alternative[] {
  const fields = paths.map(
    (path): FieldExpr => ({ kind: 'field', path, test: isThere, selection, location }),
  )
  if (!areNeeded) return [{ literals: [], others: fields }]
  return paths
    .map((path) => impliedByPresence(path, { selection, location }))
    .reduce(withImplied, [
      { literals: fields.map((field) => ({ field, isNegated: false })), others: [] },
    ])
}

/** A derived field asks for what it is derived from, too. */
function withImplied(
  ways: readonly Alternative[],
  implied: Expr | undefined,
): readonly Alternative[] {
  return implied === undefined ? ways : all(ways, waysToBe(true, implied))
}

const isThere: ValueTest = {
  kind: 'presence',
  description: 'exists',
  matches: (values) => values !== undefined,
  needsPresence: true,
}

function all(a: readonly Alternative[], b: readonly Alternative[]): readonly Alternative[] {
  const [few, many] = a.length * b.length > maxAlternatives ? [[merged(a)], [merged(b)]] : [a, b]
  return few.flatMap((one) =>
    many.map((other) => ({
      literals: [...one.literals, ...other.literals],
      others: [...one.others, ...other.others],
    })),
  )
}

/** Ways that are all true of an absent field are one: they leave out, they do not look for something. */
function any(ways: readonly Alternative[]): readonly Alternative[] {
  const looking = ways.filter(({ literals }) => literals.some(needsPresence))
  const leavingOut = ways.filter((way) => !looking.includes(way))
  return leavingOut.length > 1 || ways.length > maxAlternatives
    ? [...(looking.length > maxAlternatives ? [merged(looking)] : looking), merged(leavingOut)]
    : ways
}

export function needsPresence({ field, isNegated }: Literal): boolean {
  return isNegated ? field.test.matches(undefined) : !field.test.matches(undefined)
}

function merged(ways: readonly Alternative[]): Alternative {
  const [first] = ways
  if (ways.length === 1 && first !== undefined) return first
  // What every way asks for is asked for.
  const isShared = (literal: Literal): boolean =>
    ways.every(({ literals }) => literals.some((other) => isSameLiteral(other, literal)))
  return {
    literals: first?.literals.filter(isShared) ?? [],
    others: ways.flatMap(({ literals, others }) => [
      ...literals.filter((literal) => !isShared(literal)).map(({ field }) => field),
      ...others,
    ]),
  }
}

function isSameLiteral(a: Literal, b: Literal): boolean {
  return (
    a.isNegated === b.isNegated && a.field.path === b.field.path && a.field.test === b.field.test
  )
}
