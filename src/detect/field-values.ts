import { createFieldReader, type FieldNames, type FieldPaths } from '../audit/fields.ts'
import type { AuditEvent, FieldReader } from '../contracts.ts'
import { type FieldName, readField } from './read-field.ts'
import { scalarsOf } from './scalars.ts'

type Values = readonly unknown[] | undefined

/** The values of fields of the event in hand: each is read when it is first asked for, and once. */
export class FieldValues {
  /** Tells the event in hand from others. */
  sight = 0
  readonly #names: FieldNames
  readonly #paths: FieldPaths = new Map()
  readonly #numbers = new Map<string | undefined, number>()
  /** By number; undefined: all scalars. */
  readonly #fields: (FieldName | undefined)[] = []
  /** The sight in which it was read. */
  readonly #readIn: number[] = []
  readonly #values: Values[] = []
  #event: AuditEvent | undefined
  #reader: FieldReader | undefined

  constructor(names: FieldNames) {
    this.#names = names
  }

  look(event: AuditEvent): void {
    this.sight += 1
    this.#event = event
    this.#reader = createFieldReader(event, this.#paths, this.#names)
  }

  /** The number of a field, or of all scalars of the event, which keywords are about. */
  numberOf(field: FieldName | undefined): number {
    const key = field && (field.paths ?? [field.path]).join('|')
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#fields.push(field) - 1
    this.#numbers.set(key, number)
    this.#readIn.push(0)
    this.#values.push(undefined)
    return number
  }

  of(number: number): Values {
    if (this.#readIn[number] !== this.sight) {
      this.#values[number] = this.#read(this.#fields[number])
      this.#readIn[number] = this.sight
    }
    return this.#values[number]
  }

  #read(field: FieldName | undefined): Values {
    if (field === undefined) return scalarsOf(this.#event?.raw)
    return this.#reader && readField(this.#reader, field)
  }
}
