import type { Network } from '../util/cidr.ts'
import type { DatePart } from './date-part.ts'
import type { NumberOperator } from './number-test.ts'
import type { RegexFlag } from './regex.ts'
import type { Pattern } from './wildcard.ts'

/** One value of a field of a rule, as far as modifiers have changed it. */
export type ItemValue = PlainValue | OneOf

/** Several values that a modifier made of one: any of them stands for it, also under `all`. */
export interface OneOf {
  readonly kind: 'oneOf'
  readonly values: readonly PlainValue[]
}

export type PlainValue =
  | TextValue
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'boolean'; readonly boolean: boolean }
  | { readonly kind: 'null' }
  | RegexValue
  | { readonly kind: 'network'; readonly source: string; readonly network: Network }
  | { readonly kind: 'presence'; readonly isWanted: boolean }
  | NumberValue
  | FieldValue

export interface TextValue {
  readonly kind: 'text'
  readonly source: string
  readonly pattern: Pattern
  /** A byte order mark of UTF-16 stands before the text, for `base64`. */
  readonly hasByteOrderMark?: true
}

export interface RegexValue {
  readonly kind: 'regex'
  readonly source: string
  readonly flags: readonly RegexFlag[]
}

/** A number to compare with: the field's, or a part of the field's date. */
export interface NumberValue {
  readonly kind: 'comparison'
  readonly operator: NumberOperator
  readonly number: number
  readonly part?: DatePart
}

/** The value of another field, and where in this one's it may stand. */
export interface FieldValue {
  readonly kind: 'field'
  readonly path: string
  readonly place: Place
}

export type Place = 'whole' | 'start' | 'end' | 'anywhere'

/** A field of a selection with its values, before it becomes a test. Plain data: equal items make equal tests. */
export interface FieldItem {
  readonly values: readonly ItemValue[]
  /** All values have to be found, not one of them. */
  readonly isAll: boolean
  readonly isCased: boolean
  /** The whole item is negated. */
  readonly isNegated: boolean
}

/** The values with those that stand for one of them spread out. */
export function plainValues(values: readonly ItemValue[]): PlainValue[] {
  return values.flatMap((value) => (value.kind === 'oneOf' ? value.values : [value]))
}
