import type { Expr, Rule } from '../contracts.ts'
import { fieldsOfBaseline } from '../sigma/baseline.ts'

/**
 * The fields that a rule reads itself: in its condition, for its baseline, or to group, count and sum; not those of the rules
 * that it refers to.
 */
export function fieldsReadBy(rule: Rule): readonly string[] {
  if (rule.kind === 'event')
    return [...new Set([...fieldsRead(rule.condition), ...fieldsOfBaseline(rule)])]
  const { groupBy, condition } = rule.correlation
  const fields = [...groupBy, ...(condition.kind === 'threshold' ? condition.fields : [])]
  const paths = fields.flatMap(({ sourceByRule }) =>
    Object.values(sourceByRule).flatMap((source) => (source.kind === 'event' ? source.paths : [])),
  )
  return [...new Set(paths)]
}

/** The fields that a condition reads, each once, in its order; those within an array begin with the array's. */
export function fieldsRead(condition: Expr): readonly string[] {
  const fields = new Set<string>()
  const visit = (expr: Expr, within: string): void => {
    const add = (path: string): unknown =>
      fields.add(path === '.' ? within.slice(0, -1) : within + path)
    switch (expr.kind) {
      case 'and':
      case 'or':
        for (const item of expr.items) visit(item, within)
        break
      case 'not':
        visit(expr.item, within)
        break
      case 'elements':
        visit(expr.item, `${within}${expr.path}.`)
        break
      case 'field':
        for (const path of expr.paths ?? [expr.path]) add(path)
        break
      case 'fieldPair':
        add(expr.path)
        add(expr.otherPath)
        break
      case 'keyword':
        break
      default:
        expr satisfies never
    }
  }
  visit(condition, '')
  return [...fields]
}
