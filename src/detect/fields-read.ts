import type { Expr } from '../contracts.ts'

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
