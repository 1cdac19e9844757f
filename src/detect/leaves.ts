import type { FieldNames } from '../audit/fields.ts'
import type { AuditEvent, Expr } from '../contracts.ts'
import { compileElements } from './elements.ts'
import { FieldValues } from './field-values.ts'

/** What a condition is made of: a part of it that has none. */
export type LeafExpr = Exclude<Expr, { readonly kind: 'and' | 'or' | 'not' }>

type Values = readonly unknown[] | undefined

interface Leaf {
  readonly field: number
  /** Of a leaf about two fields. */
  readonly otherField: number | undefined
  readonly test: { matches(values: Values, otherValues: Values): boolean }
  /** Of the event in this sight `isTrue` is true. */
  foundIn: number
  isTrue: boolean
}

/** The leaves of all conditions: equal ones are one, and each is tried once at most of an event. */
export class Leaves {
  readonly #fields: FieldValues
  readonly #leaves: Leaf[] = []
  readonly #numbers = new Map<number, Map<Leaf['test'], number>>()

  constructor(names: FieldNames) {
    this.#fields = new FieldValues(names)
  }

  look(event: AuditEvent): void {
    this.#fields.look(event)
  }

  numberOf(expr: LeafExpr): number {
    const fields = this.#fields
    switch (expr.kind) {
      case 'field':
        return this.#shared(fields.numberOf(expr), expr.test)
      case 'keyword':
        return this.#shared(fields.numberOf(undefined), expr.test)
      case 'elements':
        return this.#add(fields.numberOf({ path: expr.path }), { matches: compileElements(expr) })
      case 'fieldPair':
        return this.#add(
          fields.numberOf({ path: expr.path }),
          expr.test,
          fields.numberOf({ path: expr.otherPath }),
        )
      default:
        return expr satisfies never
    }
  }

  isTrue(number: number): boolean {
    const leaf = this.#leaves[number]!
    const fields = this.#fields
    if (leaf.foundIn !== fields.sight) {
      const { field, otherField, test } = leaf
      const others = otherField === undefined ? undefined : fields.of(otherField)
      leaf.isTrue = test.matches(fields.of(field), others)
      leaf.foundIn = fields.sight
    }
    return leaf.isTrue
  }

  #shared(field: number, test: Leaf['test']): number {
    const numbers = this.#numbers.get(field) ?? new Map<Leaf['test'], number>()
    this.#numbers.set(field, numbers)
    const number = numbers.get(test) ?? this.#add(field, test)
    numbers.set(test, number)
    return number
  }

  #add(field: number, test: Leaf['test'], otherField?: number): number {
    return this.#leaves.push({ field, otherField, test, foundIn: 0, isTrue: false }) - 1
  }
}
