import { derivedFieldOf } from '../audit/derived/table.ts'
import { searchedFields } from '../audit/item-keys.ts'
import type { Expr } from '../contracts.ts'

/** What it takes to try an expression on an event of which nothing was read, in units of one comparison of a text. */
export function costOf(expr: Expr): number {
  switch (expr.kind) {
    case 'and':
    case 'or':
      return expr.items.reduce((sum, item) => sum + costOf(item), 0)
    case 'not':
      return costOf(expr.item)
    case 'field':
      return readCostOf(expr.path) + (isComparison(expr.test) ? 1 : 4)
    case 'fieldPair':
      // Seldom true: most often nothing behind it has to be read.
      return 8
    case 'elements':
      return 16 * costOf(expr.item)
    case 'keyword':
      return 100
    default:
      return expr satisfies never
  }
}

function isComparison({ onlyEquals, kind }: FieldTest): boolean {
  return onlyEquals !== undefined || kind === 'presence'
}

type FieldTest = Extract<Expr, { readonly kind: 'field' }>['test']

/** The index knows where some texts stand; others are the dearer, the more of the item stands before them. */
function readCostOf(path: string): number {
  if (derivedFieldOf(path) !== undefined) return 12
  if (searchedFields.some((field) => field === path)) return 1
  const [top = ''] = path.split('.', 1)
  return top === 'verb' || top === 'objectRef' ? 2 : 5
}
