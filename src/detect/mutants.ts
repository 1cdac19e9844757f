import type { Expr } from '../contracts.ts'

/** One test of a condition, at one place of its file. */
export type Leaf = Extract<Expr, { readonly kind: 'field' | 'keyword' | 'fieldPair' }>

/** A condition with one of its leaves changed wherever it stands. */
export interface Mutant {
  readonly leaf: Leaf
  /** What was done to the leaf: `is turned around`, `is left out`, `loses equals get`. */
  readonly change: string
  readonly condition: Expr
}

/** A list of more values than these is a list of data; its values are not taken out one by one. */
const maxValues = 256

/** The leaves of a condition, each once, in its order. */
export function leavesOf(condition: Expr): ReadonlySet<Leaf> {
  const leaves = new Set<Leaf>()
  const visit = (expr: Expr): void => {
    switch (expr.kind) {
      case 'and':
      case 'or':
        for (const item of expr.items) visit(item)
        break
      case 'not':
      case 'elements':
        visit(expr.item)
        break
      case 'field':
      case 'keyword':
      case 'fieldPair':
        leaves.add(expr)
        break
      default:
        expr satisfies never
    }
  }
  visit(condition)
  return leaves
}

/** The condition once for each way to spoil one of its leaves: turned around, left out, each value of a list left out. */
export function* mutantsOf(condition: Expr): Iterable<Mutant> {
  for (const leaf of leavesOf(condition)) {
    const changed = (change: string, replacement: Expr | undefined): Mutant[] => {
      const mutated = replaceLeaf(condition, leaf, replacement)
      return mutated === undefined ? [] : [{ leaf, change, condition: mutated }]
    }
    yield* changed('is turned around', { kind: 'not', item: leaf })
    yield* changed('is left out', undefined)
    if (leaf.kind === 'fieldPair') continue
    let values = 0
    for (const { without, test } of leaf.test.withoutEach?.() ?? []) {
      values += 1
      if (values > maxValues) break
      yield* changed(`loses \`${without}\``, { ...leaf, test })
    }
  }
}

/** Undefined when nothing is left of the expression. */
function replaceLeaf(expr: Expr, leaf: Leaf, replacement: Expr | undefined): Expr | undefined {
  switch (expr.kind) {
    case 'and':
    case 'or': {
      const items = expr.items.flatMap((item) => replaceLeaf(item, leaf, replacement) ?? [])
      return items.length === 0 ? undefined : { kind: expr.kind, items }
    }
    case 'not': {
      const item = replaceLeaf(expr.item, leaf, replacement)
      return item === undefined ? undefined : { kind: 'not', item }
    }
    case 'elements': {
      const item = replaceLeaf(expr.item, leaf, replacement)
      return item === undefined ? undefined : { ...expr, item }
    }
    case 'field':
    case 'keyword':
    case 'fieldPair':
      return expr === leaf ? replacement : expr
    default:
      return expr satisfies never
  }
}

/** A leaf as people find it in their rule: `selection: verb equals get`. */
export function leafText(leaf: Leaf): string {
  const field = leaf.kind === 'keyword' ? 'any value' : leaf.path
  return `${leaf.selection}: ${field} ${leaf.test.description}`
}
