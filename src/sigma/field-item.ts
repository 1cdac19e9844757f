import type { Network } from './cidr.ts'
import type { RegexFlag } from './regex.ts'
import type { Pattern } from './wildcard.ts'

/** One value of a field of a rule, as far as modifiers have changed it. */
export type ItemValue =
  | { readonly kind: 'text'; readonly source: string; readonly pattern: Pattern }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'boolean'; readonly boolean: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'regex'; readonly source: string; readonly flags: readonly RegexFlag[] }
  | { readonly kind: 'network'; readonly source: string; readonly network: Network }
  | { readonly kind: 'presence'; readonly isWanted: boolean }

/** A field of a selection with its values, before it becomes a test. Plain data: equal items make equal tests. */
export interface FieldItem {
  readonly values: readonly ItemValue[]
  /** All values have to be found, not one of them. */
  readonly isAll: boolean
  readonly isCased: boolean
  /** The whole item is negated. */
  readonly isNegated: boolean
}
