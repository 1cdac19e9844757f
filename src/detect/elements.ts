import { compilePath, type PathReader } from '../audit/path.ts'
import type { ElementQuantifier, ElementsExpr, Expr } from '../contracts.ts'

/** Whether an expression is true of one element of an array; undefined = there is no such element. */
type ElementTest = (element: unknown) => boolean

/** Whether the elements of a field are as `expr` wants them; `values` as of FieldReader. */
export type ElementsTest = (values: readonly unknown[] | undefined) => boolean

/** Compiles a block about the elements of an array. Fields within it are read in the element, and `.` is the element itself. */
export function compileElements({ quantifier, item }: ElementsExpr): ElementsTest {
  const test = compileElement(item)
  return (values) => quantify(values, quantifier, test)
}

function quantify(
  values: readonly unknown[] | undefined,
  quantifier: ElementQuantifier,
  test: ElementTest,
): boolean {
  if (typeof quantifier === 'number') return test(values?.at(quantifier))
  switch (quantifier) {
    case 'any':
      return values?.some(test) ?? false
    case 'all':
      return values !== undefined && values.length > 0 && values.every(test)
    case 'allOrEmpty':
      return values?.every(test) ?? true
    case 'none':
      return !(values?.some(test) ?? false)
    default:
      return quantifier satisfies never
  }
}

function compileElement(expr: Expr): ElementTest {
  switch (expr.kind) {
    case 'and': {
      const tests = expr.items.map(compileElement)
      return (element) => tests.every((test) => test(element))
    }
    case 'or': {
      const tests = expr.items.map(compileElement)
      return (element) => tests.some((test) => test(element))
    }
    case 'not': {
      const test = compileElement(expr.item)
      return (element) => !test(element)
    }
    case 'field': {
      const read = elementReader(expr.path)
      return (element) => expr.test.matches(read(element))
    }
    case 'fieldPair': {
      const read = elementReader(expr.path)
      const readOther = elementReader(expr.otherPath)
      return (element) => expr.test.matches(read(element), readOther(element))
    }
    case 'elements': {
      const read = elementReader(expr.path)
      const test = compileElements(expr)
      return (element) => test(read(element))
    }
    case 'keyword':
      throw new Error('a keyword within an array block: the loader refuses it')
    default:
      return expr satisfies never
  }
}

function elementReader(path: string): PathReader {
  if (path !== '.') return compilePath(path)
  return (element) => (element === undefined ? undefined : [element])
}
