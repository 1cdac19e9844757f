import { type KnownPredicate, knownPredicates } from '../audit/known-predicates.ts'
import type { Comparison, FieldExpr } from '../contracts.ts'

/** A need that is unmet when all of the first predicates are certainly false and all of the second certainly true. */
export interface Clause {
  readonly someTrue: number
  readonly someFalse: number
}

/** The wire field that a derived one shows as it is, unless it is no text or empty; else the path itself. */
export function wireName(path: string): string {
  return path === 'actor' ? 'user.username' : path
}

/** What the known predicates say where the test is true of the field. */
export function clausesWhereTrue({ path, test }: FieldExpr): readonly Clause[] {
  if (!test.needsPresence || test.onlyIf === undefined) return []
  const field = wireName(path)
  let someTrue = 0
  for (const comparison of test.onlyIf) {
    const implied = knownPredicates.filter(
      (known) => known.field === field && impliesOneOf(comparison, known),
    )
    const narrowest = implied.find((known) => implied.every((other) => allImply(known, other)))
    if (narrowest === undefined) return []
    someTrue |= bitOf(narrowest)
  }
  return someTrue === 0 ? [] : [{ someTrue, someFalse: 0 }]
}

/** The same where the test is false: then so is every predicate that would make it true. */
export function clausesWhereFalse({ path, test }: FieldExpr): readonly Clause[] {
  const field = wireName(path)
  return knownPredicates
    .filter(
      (known) =>
        known.field === field && test.trueIf?.some((comparison) => eachImplies(known, comparison)),
    )
    .map((known) => ({ someTrue: 0, someFalse: bitOf(known) }))
}

function bitOf(known: KnownPredicate): number {
  return 1 << knownPredicates.indexOf(known)
}

function comparisonsOf({ kind, values }: KnownPredicate): readonly Comparison[] {
  return kind === 'exists' ? [{ kind, value: '' }] : values.map((value) => ({ kind, value }))
}

function impliesOneOf(comparison: Comparison, known: KnownPredicate): boolean {
  return comparisonsOf(known).some((other) => implies(comparison, other))
}

function eachImplies(known: KnownPredicate, comparison: Comparison): boolean {
  return comparisonsOf(known).every((other) => implies(other, comparison))
}

function allImply(known: KnownPredicate, other: KnownPredicate): boolean {
  return comparisonsOf(known).every((comparison) => impliesOneOf(comparison, other))
}

/** Every value of a field that passes the first passes the second. May miss cases, never invents one. */
function implies(first: Comparison, second: Comparison): boolean {
  if (first.kind === second.kind && first.value === second.value) return true
  const isWhole = first.kind === 'equals'
  switch (second.kind) {
    case 'exists':
      return true
    case 'startswith':
      return (isWhole || first.kind === 'startswith') && first.value.startsWith(second.value)
    case 'endswith':
      return (isWhole || first.kind === 'endswith') && first.value.endsWith(second.value)
    case 'contains':
      return hasLiteral(first) && first.value.includes(second.value)
    case 'equals':
    case 'wildcard':
    case 'cidr':
      return false
    default:
      return second.kind satisfies never
  }
}

/** The text of the comparison stands in every value that passes. */
function hasLiteral({ kind }: Comparison): boolean {
  return kind === 'equals' || kind === 'startswith' || kind === 'endswith' || kind === 'contains'
}
