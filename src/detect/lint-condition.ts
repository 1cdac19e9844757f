import type { EventRule, Expr, Problem } from '../contracts.ts'
import { type Leaf, leavesOf } from './mutants.ts'
import { canBe, createEffort, type Effort } from './satisfy.ts'

/** Selections that cannot be true, cannot be false or make no difference, and conditions of which that is so. */
export function lintCondition({ condition, location }: EventRule): Problem[] {
  const effort = createEffort()
  const selections = selectionsOf(condition)
  const constant = selections.flatMap((selection) => constantProblem(selection, effort) ?? [])
  if (constant.length > 0) return constant
  const whole = (code: string, message: string): Problem[] => [
    { ...location, severity: 'warning', code, message },
  ]
  if (canBe(condition, true, effort) === 'impossible')
    return whole(
      'lint.neverTrue',
      'the condition is true of no event; its selections exclude each other',
    )
  if (canBe(condition, false, effort) === 'impossible')
    return whole('lint.alwaysTrue', 'the condition is true of every event')
  if (selections.length < 2) return []
  return selections
    .filter((selection) => isIdle(condition, selection, effort))
    .map((selection) =>
      problemAt(
        selection,
        'lint.idle',
        `\`${selection.name}\` makes no difference to the condition; remove it, or correct what it asks`,
      ),
    )
}

/** The part of a condition that is one selection, as large as it can be. */
interface Selection {
  readonly name: string
  readonly expr: Expr
  readonly first: Leaf
}

function selectionsOf(expr: Expr): readonly Selection[] {
  const [first, ...others] = leavesOf(expr)
  if (first === undefined) return []
  if (expr.kind === 'not') return selectionsOf(expr.item)
  if (others.every(({ selection }) => selection === first.selection))
    return [{ name: first.selection, expr, first }]
  if (expr.kind !== 'and' && expr.kind !== 'or') return []
  const found = new Map(
    expr.items.flatMap(selectionsOf).map((selection) => [selection.expr, selection]),
  )
  return [...found.values()]
}

function constantProblem(selection: Selection, effort: Effort): Problem | undefined {
  const { name, expr } = selection
  if (canBe(expr, true, effort) === 'impossible')
    return problemAt(
      selection,
      'lint.contradiction',
      `\`${name}\` is true of no event: what it asks of a field excludes what else it asks`,
    )
  if (canBe(expr, false, effort) === 'impossible')
    return problemAt(selection, 'lint.alwaysTrue', `\`${name}\` is true of every event`)
  return undefined
}

/** The condition is the same where the selection is true everywhere, or nowhere. */
function isIdle(condition: Expr, { expr }: Selection, effort: Effort): boolean {
  return (['and', 'or'] as const).some((kind) => {
    const constant: Expr = { kind, items: [] }
    const difference = differs(condition, replace(condition, expr, constant))
    return canBe(difference, true, effort) === 'impossible'
  })
}

function differs(first: Expr, second: Expr): Expr {
  const onlyOne = (yes: Expr, no: Expr): Expr => ({
    kind: 'and',
    items: [yes, { kind: 'not', item: no }],
  })
  return { kind: 'or', items: [onlyOne(first, second), onlyOne(second, first)] }
}

function replace(expr: Expr, part: Expr, by: Expr): Expr {
  if (expr === part) return by
  if (expr.kind === 'not') return { kind: 'not', item: replace(expr.item, part, by) }
  if (expr.kind !== 'and' && expr.kind !== 'or') return expr
  return { kind: expr.kind, items: expr.items.map((item) => replace(item, part, by)) }
}

function problemAt({ first }: Selection, code: string, message: string): Problem {
  return { ...first.location, severity: 'warning', code, message }
}
