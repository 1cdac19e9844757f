import { createFieldReader } from '../../src/audit/fields.ts'
import type { AuditEvent, Expr, FieldReader, Rule } from '../../src/contracts.ts'
import { scalarsOf } from '../../src/detect/scalars.ts'

/** The rules that are true of the event, each condition walked from its top: no index, nothing shared, nothing reordered. */
export function naiveMatches(rules: readonly Rule[], event: AuditEvent): readonly Rule[] {
  const reader = createFieldReader(event)
  return rules.filter(({ condition }) => holds(condition, reader, event))
}

function holds(expr: Expr, reader: FieldReader, event: AuditEvent): boolean {
  switch (expr.kind) {
    case 'and':
      return expr.items.every((item) => holds(item, reader, event))
    case 'or':
      return expr.items.some((item) => holds(item, reader, event))
    case 'not':
      return !holds(expr.item, reader, event)
    case 'field':
      return expr.test.matches(reader.read(expr.path))
    case 'keyword':
      return expr.test.matches(scalarsOf(event.raw))
    case 'fieldPair':
      return expr.test.matches(reader.read(expr.path), reader.read(expr.otherPath))
    default:
      return expr satisfies never
  }
}
