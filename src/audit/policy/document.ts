import type { LoadCode } from './codes.ts'

/** A value of a policy file, as the API server's decoder sees it, and where it stands (characters from 0). */
export type PolicyValue =
  | { readonly kind: 'null'; readonly offset: number }
  | { readonly kind: 'boolean'; readonly boolean: boolean; readonly offset: number }
  /** `text` is the number as JSON. */
  | { readonly kind: 'number'; readonly text: string; readonly offset: number }
  | { readonly kind: 'text'; readonly text: string; readonly offset: number }
  | { readonly kind: 'list'; readonly items: readonly PolicyValue[]; readonly offset: number }
  | { readonly kind: 'map'; readonly entries: readonly PolicyEntry[]; readonly offset: number }

export interface PolicyEntry {
  readonly key: string
  readonly keyOffset: number
  readonly value: PolicyValue
  /** The key was there before in the same map. */
  readonly isRepeated: boolean
}

/** Why a file cannot be decoded. */
export class PolicySyntaxError extends Error {
  readonly offset: number
  readonly code: LoadCode
  constructor(offset: number, code: LoadCode, message: string) {
    super(message)
    this.name = 'PolicySyntaxError'
    this.offset = offset
    this.code = code
  }
}
