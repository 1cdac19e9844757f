import { createFieldReader } from '../../src/audit/fields.ts'
import { compilePath } from '../../src/audit/path.ts'
import type { AuditEvent, ElementsExpr, EventRule, Expr } from '../../src/contracts.ts'
import { scalarsOf } from '../../src/detect/scalars.ts'

/** The rules that are true of the event, each condition walked from its top: no index, nothing shared, nothing reordered. */
export function naiveMatches(rules: readonly EventRule[], event: AuditEvent): readonly EventRule[] {
  const reader = createFieldReader(event)
  const subject: Subject = { read: (path) => reader.read(path), whole: event.raw }
  return rules.filter(({ condition }) => holds(condition, subject))
}

/** What a condition is about: an event, or one element of an array. */
interface Subject {
  read(path: string): readonly unknown[] | undefined
  readonly whole: unknown
}

function holds(expr: Expr, subject: Subject): boolean {
  switch (expr.kind) {
    case 'and':
      return expr.items.every((item) => holds(item, subject))
    case 'or':
      return expr.items.some((item) => holds(item, subject))
    case 'not':
      return !holds(expr.item, subject)
    case 'field':
      return expr.test.matches(subject.read(expr.path))
    case 'keyword':
      return expr.test.matches(scalarsOf(subject.whole))
    case 'fieldPair':
      return expr.test.matches(subject.read(expr.path), subject.read(expr.otherPath))
    case 'elements':
      return elementsHold(expr, subject.read(expr.path))
    default:
      return expr satisfies never
  }
}

function elementsHold(
  { quantifier, item }: ElementsExpr,
  elements: readonly unknown[] = [],
): boolean {
  const answers = elements.map((element) => holds(item, elementSubject(element)))
  if (typeof quantifier === 'number') {
    const place = quantifier < 0 ? elements.length + quantifier : quantifier
    return answers[place] ?? holds(item, elementSubject(undefined))
  }
  switch (quantifier) {
    case 'any':
      return answers.includes(true)
    case 'none':
      return !answers.includes(true)
    case 'all':
      return answers.length > 0 && !answers.includes(false)
    case 'allOrEmpty':
      return !answers.includes(false)
    default:
      return quantifier satisfies never
  }
}

function elementSubject(element: unknown): Subject {
  return {
    read: (path) => {
      if (path !== '.') return compilePath(path)(element)
      return element === undefined ? undefined : [element]
    },
    whole: element,
  }
}
