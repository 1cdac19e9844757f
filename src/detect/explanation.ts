import { createFieldReader, type FieldNames } from '../audit/fields.ts'
import type {
  AuditEvent,
  ElementsExpr,
  EventRule,
  Expr,
  FieldReader,
  SourceLocation,
} from '../contracts.ts'
import { compileElements } from './elements.ts'
import type { Leaf } from './mutants.ts'
import { readField } from './read-field.ts'
import { scalarsOf } from './scalars.ts'

/** A condition on one event: the tree of the condition, and at each place whether it holds. */
export type Explanation = GroupExplanation | TestExplanation

export interface GroupExplanation {
  readonly kind: 'and' | 'or' | 'not'
  readonly holds: boolean
  /** When all tests below belong to one selection: its name. */
  readonly selection?: string
  readonly items: readonly Explanation[]
}

export interface TestExplanation {
  readonly kind: 'test'
  readonly holds: boolean
  readonly selection: string
  /** Absent for keywords. */
  readonly field?: string
  /** What is asked for: `equals exec`. */
  readonly test: string
  readonly location: SourceLocation
  /** The values of the field as they stand; of keywords, those in which one was found. Absent when the field is. */
  readonly values?: readonly unknown[]
  /** Where two fields are compared: the other one. */
  readonly otherField?: string
  /** Absent when the other field is. */
  readonly otherValues?: readonly unknown[]
}

/** What each part of a rule's condition says of an event, whether the rule matches or not. */
export function explainRule(
  { condition }: EventRule,
  event: AuditEvent,
  fieldNames: FieldNames = 'event',
): Explanation {
  const reader = createFieldReader(event, undefined, fieldNames)
  const explain = (expr: Expr): Explanation => {
    switch (expr.kind) {
      case 'and':
      case 'or': {
        const items = expr.items.map(explain)
        const isTrue = ({ holds }: Explanation): boolean => holds
        const holds = expr.kind === 'and' ? items.every(isTrue) : items.some(isTrue)
        return group(expr.kind, holds, items)
      }
      case 'not': {
        const item = explain(expr.item)
        return group('not', !item.holds, [item])
      }
      case 'field':
      case 'keyword':
      case 'fieldPair':
        return explainLeaf(expr, reader, event)
      case 'elements':
        return explainElements(expr, reader)
      default:
        return expr satisfies never
    }
  }
  return explain(condition)
}

function group(
  kind: GroupExplanation['kind'],
  holds: boolean,
  items: readonly Explanation[],
): GroupExplanation {
  const [first, ...others] = new Set(items.map(({ selection }) => selection))
  const isOne = first !== undefined && others.length === 0
  return { kind, holds, ...(isOne ? { selection: first } : {}), items }
}

function explainElements(expr: ElementsExpr, reader: FieldReader): TestExplanation {
  const { path, quantifier, selection, location } = expr
  const values = reader.read(path)
  const test =
    typeof quantifier === 'number' ? `element ${quantifier}` : `${quantifier} of its elements`
  return {
    kind: 'test',
    holds: compileElements(expr)(values),
    selection,
    field: path,
    test: `has ${test} as the block asks`,
    location,
    ...(values === undefined ? {} : { values }),
  }
}

function explainLeaf(leaf: Leaf, reader: FieldReader, event: AuditEvent): TestExplanation {
  const { selection, location, test } = leaf
  const common = { kind: 'test', selection, test: test.description, location } as const
  switch (leaf.kind) {
    case 'field': {
      const values = readField(reader, leaf)
      const holds = leaf.test.matches(values)
      return { ...common, holds, field: leaf.path, ...(values === undefined ? {} : { values }) }
    }
    case 'keyword': {
      const all = scalarsOf(event.raw)
      const values = all.filter((value) => leaf.test.matches([value]))
      return { ...common, holds: leaf.test.matches(all), values }
    }
    case 'fieldPair': {
      const values = reader.read(leaf.path)
      const otherValues = reader.read(leaf.otherPath)
      return {
        ...common,
        holds: leaf.test.matches(values, otherValues),
        field: leaf.path,
        otherField: leaf.otherPath,
        ...(values === undefined ? {} : { values }),
        ...(otherValues === undefined ? {} : { otherValues }),
      }
    }
    default:
      return leaf satisfies never
  }
}
