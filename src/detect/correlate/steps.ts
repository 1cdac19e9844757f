import type { CorrelationRule, RuleExpr } from '../../contracts.ts'

/** Which of the referenced rules were observed, as bits: bit i is the i-th different rule. */
export type Steps = number

/** The different rules that a correlation refers to, in their order; their places are the bits of steps. */
export function differentRules({ correlation }: CorrelationRule): readonly string[] {
  return [...new Set(correlation.rules)]
}

/**
 * Whether an expression holds, when the rules of `seen` were observed in the window and those of `near` in it or up to a
 * timespan behind: a rule that is negated must not be near.
 */
export function holds(
  expression: RuleExpr,
  bits: ReadonlyMap<string, number>,
  seen: Steps,
  near: Steps,
): boolean {
  switch (expression.kind) {
    case 'rule':
      return (seen & (bits.get(expression.rule) ?? 0)) !== 0
    case 'and':
      return expression.items.every((item) => holds(item, bits, seen, near))
    case 'or':
      return expression.items.some((item) => holds(item, bits, seen, near))
    case 'not':
      return !holds(expression.item, bits, near, seen)
    default:
      return expression satisfies never
  }
}

/** Those without any of which an expression never holds. */
export function neededSteps(expression: RuleExpr, bits: ReadonlyMap<string, number>): Steps {
  switch (expression.kind) {
    case 'rule':
      return bits.get(expression.rule) ?? 0
    case 'and':
      return expression.items.reduce((steps, item) => steps | neededSteps(item, bits), 0)
    case 'or':
      return expression.items.reduce((steps, item) => steps & neededSteps(item, bits), -1)
    case 'not':
      return 0
    default:
      return expression satisfies never
  }
}

export function hasNegation(expression: RuleExpr): boolean {
  switch (expression.kind) {
    case 'rule':
      return false
    case 'and':
    case 'or':
      return expression.items.some(hasNegation)
    case 'not':
      return true
    default:
      return expression satisfies never
  }
}

/** One of the ways in which an expression may be true: all of some rules, and none of others. */
export interface Alternative {
  readonly all: ReadonlySet<string>
  readonly none: ReadonlySet<string>
}

export const maxAlternatives = 64

/** An expression as alternatives. Undefined when there are more than 64. */
export function alternativesOf(
  expression: RuleExpr,
  isNegated = false,
): readonly Alternative[] | undefined {
  switch (expression.kind) {
    case 'rule': {
      const rules = new Set([expression.rule])
      const noRules = new Set<string>()
      return [isNegated ? { all: noRules, none: rules } : { all: rules, none: noRules }]
    }
    case 'not':
      return alternativesOf(expression.item, !isNegated)
    case 'and':
    case 'or': {
      const parts = expression.items.map((item) => alternativesOf(item, isNegated))
      return (expression.kind === 'and') === isNegated ? eitherOf(parts) : allOf(parts)
    }
    default:
      return expression satisfies never
  }
}

type Parts = readonly (readonly Alternative[] | undefined)[]

function eitherOf(parts: Parts): readonly Alternative[] | undefined {
  const all: Alternative[] = []
  for (const part of parts) {
    if (part === undefined || all.length + part.length > maxAlternatives) return undefined
    all.push(...part)
  }
  return all
}

function allOf(parts: Parts): readonly Alternative[] | undefined {
  let all: readonly Alternative[] = [{ all: new Set(), none: new Set() }]
  for (const part of parts) {
    if (part === undefined || all.length * part.length > maxAlternatives) return undefined
    all = all.flatMap((left) =>
      part.map((right) => ({
        all: left.all.union(right.all),
        none: left.none.union(right.none),
      })),
    )
  }
  return all
}
