import { createFieldReader, type FieldPaths } from '../audit/fields.ts'
import type {
  AlertReason,
  AuditEvent,
  EventRule,
  Expr,
  FieldReader,
  ValueTest,
} from '../contracts.ts'
import { compileElements } from './elements.ts'
import { printable, textOfValue } from './printable.ts'
import { readField } from './read-field.ts'
import { scalarsOf } from './scalars.ts'

const maxReasons = 12

/**
 * Why the rule is true of the event: the tests that held, with the value each held of, at most 12. What was negated
 * is left out, and so are the alternatives that did not hold. `paths` as of `createFieldReader`.
 */
export function reasonsOf(rule: EventRule, event: AuditEvent, paths?: FieldPaths): AlertReason[] {
  const reasons = collect(rule.condition, createFieldReader(event, paths), event) ?? []
  const bySelectionAndField = new Map<string, AlertReason>()
  for (const reason of reasons) {
    const key = JSON.stringify([reason.selection, reason.field])
    if (!bySelectionAndField.has(key)) bySelectionAndField.set(key, reason)
  }
  return [...bySelectionAndField.values()].slice(0, maxReasons)
}

/** The reasons of what is true, or undefined for what is not. */
function collect(expr: Expr, reader: FieldReader, event: AuditEvent): AlertReason[] | undefined {
  switch (expr.kind) {
    case 'and': {
      const parts = expr.items.map((item) => collect(item, reader, event))
      return parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? [])
    }
    case 'or': {
      const parts = expr.items.flatMap((item) => {
        const part = collect(item, reader, event)
        return part === undefined ? [] : [part]
      })
      return parts.length === 0 ? undefined : parts.flat()
    }
    case 'not':
      return collect(expr.item, reader, event) === undefined ? [] : undefined
    case 'field':
      return reason(expr.selection, expr.path, expr.test, readField(reader, expr))
    case 'keyword':
      return reason(expr.selection, 'keyword', expr.test, scalarsOf(event.raw))
    case 'elements':
      return reason(
        expr.selection,
        expr.path,
        { matches: compileElements(expr) },
        reader.read(expr.path),
      )
    case 'fieldPair': {
      const others = reader.read(expr.otherPath)
      const { test } = expr
      const matches = (values: readonly unknown[] | undefined): boolean =>
        test.matches(values, others)
      return reason(expr.selection, expr.path, { matches }, reader.read(expr.path))
    }
    default:
      return expr satisfies never
  }
}

function reason(
  selection: string,
  field: string,
  test: Pick<ValueTest, 'matches'>,
  values: readonly unknown[] | undefined,
): AlertReason[] | undefined {
  if (!test.matches(values)) return undefined
  if (values === undefined) return [{ selection, field, value: '(absent)' }]
  // Where all of several values have to be there, no single one passes: then the first stands for them.
  const value = values.find((candidate) => test.matches([candidate])) ?? values[0]
  return [
    { selection, field, value: value === undefined ? '(empty)' : printable(textOfValue(value)) },
  ]
}
