import { createFieldReader, type FieldNames, type FieldPaths } from '../audit/fields.ts'
import type { AuditEvent, Expr, FieldReader, ValueTest } from '../contracts.ts'
import { compileElements } from './elements.ts'
import { type FieldName, readField } from './read-field.ts'
import { scalarsOf } from './scalars.ts'

/** The condition of one rule on the event that its compiler looks at. */
export type Condition = () => boolean

/** Compiles conditions that share what they read: over all of them a field is read, and a test run, once per event. */
export interface ConditionCompiler {
  /** Done once per rule at load. */
  compile(expr: Expr): Condition
  /** Makes `event` the one that every condition is about, until the next call. */
  look(event: AuditEvent): void
}

/** The event in hand, and a number that tells it from the last one. */
interface Sight {
  number: number
  event: AuditEvent | undefined
  reader: FieldReader | undefined
}

/** What was read or found last, true for the event of that number. */
interface Slot<T> {
  number: number
  value: T
}

type ReadValues = () => readonly unknown[] | undefined

export function createConditionCompiler(names: FieldNames = 'event'): ConditionCompiler {
  const sight: Sight = { number: 0, event: undefined, reader: undefined }
  const paths: FieldPaths = new Map()
  const readByPath = new Map<string, ReadValues>()
  const readKeywords = cachedKeywords(sight)
  const leaves = new Map<ReadValues, Map<ValueTest, Condition>>()

  const leaf = (read: ReadValues, test: ValueTest): Condition => {
    const byTest = leaves.get(read) ?? new Map<ValueTest, Condition>()
    leaves.set(read, byTest)
    const condition = byTest.get(test) ?? cachedTest(sight, read, test)
    byTest.set(test, condition)
    return condition
  }

  const readOnce = (field: FieldName): ReadValues => {
    const key = (field.paths ?? [field.path]).join('|')
    const read = readByPath.get(key) ?? cachedField(sight, field)
    readByPath.set(key, read)
    return read
  }

  const compile = (expr: Expr): Condition => {
    switch (expr.kind) {
      case 'and':
        return everyOf(cheapestFirst(expr.items).map(compile))
      case 'or':
        return someOf(cheapestFirst(expr.items).map(compile))
      case 'not': {
        const inner = compile(expr.item)
        return () => !inner()
      }
      case 'field':
        return leaf(readOnce(expr), expr.test)
      case 'keyword':
        return leaf(readKeywords, expr.test)
      case 'elements': {
        const read = readOnce({ path: expr.path })
        const test = compileElements(expr)
        return () => test(read())
      }
      case 'fieldPair': {
        const read = readOnce({ path: expr.path })
        const readOther = readOnce({ path: expr.otherPath })
        const { test } = expr
        return () => test.matches(read(), readOther())
      }
      default:
        return expr satisfies never
    }
  }

  return {
    compile,
    look: (event) => {
      sight.number += 1
      sight.event = event
      sight.reader = createFieldReader(event, paths, names)
    },
  }
}

/** Tests have no effects, so their order is ours to choose. */
function cheapestFirst(items: readonly Expr[]): readonly Expr[] {
  return items.toSorted((a, b) => costOf(a) - costOf(b))
}

/** In units of one comparison of a text. */
function costOf(expr: Expr): number {
  switch (expr.kind) {
    case 'and':
    case 'or':
      return expr.items.reduce((sum, item) => sum + costOf(item), 0)
    case 'not':
      return costOf(expr.item)
    case 'field':
      return expr.test.onlyEquals !== undefined || expr.test.kind === 'presence' ? 1 : 4
    case 'fieldPair':
      return 8
    case 'elements':
      return 16 * costOf(expr.item)
    case 'keyword':
      return 100
    default:
      return expr satisfies never
  }
}

function everyOf(conditions: readonly Condition[]): Condition {
  return () => {
    for (const condition of conditions) if (!condition()) return false
    return true
  }
}

function someOf(conditions: readonly Condition[]): Condition {
  return () => {
    for (const condition of conditions) if (condition()) return true
    return false
  }
}

function cachedField(sight: Sight, field: FieldName): ReadValues {
  const slot: Slot<readonly unknown[] | undefined> = { number: 0, value: undefined }
  return () => {
    if (slot.number !== sight.number) {
      slot.value = sight.reader === undefined ? undefined : readField(sight.reader, field)
      slot.number = sight.number
    }
    return slot.value
  }
}

function cachedKeywords(sight: Sight): ReadValues {
  const slot: Slot<readonly unknown[]> = { number: 0, value: [] }
  return () => {
    if (slot.number !== sight.number) {
      slot.value = scalarsOf(sight.event?.raw)
      slot.number = sight.number
    }
    return slot.value
  }
}

function cachedTest(sight: Sight, read: ReadValues, test: ValueTest): Condition {
  const slot: Slot<boolean> = { number: 0, value: false }
  return () => {
    if (slot.number !== sight.number) {
      slot.value = test.matches(read())
      slot.number = sight.number
    }
    return slot.value
  }
}
