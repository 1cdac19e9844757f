/** A value of a manifest, as the API server's decoder sees it, and where it stands (characters from 0). */
export type ManifestValue =
  | { readonly kind: 'null'; readonly offset: number }
  | { readonly kind: 'boolean'; readonly boolean: boolean; readonly offset: number }
  /** `text` is the number as JSON. */
  | { readonly kind: 'number'; readonly text: string; readonly offset: number }
  | { readonly kind: 'text'; readonly text: string; readonly offset: number }
  | { readonly kind: 'list'; readonly items: readonly ManifestValue[]; readonly offset: number }
  | { readonly kind: 'map'; readonly entries: readonly ManifestEntry[]; readonly offset: number }

export interface ManifestEntry {
  readonly key: string
  readonly keyOffset: number
  readonly value: ManifestValue
  /** The key was there before in the same map. */
  readonly isRepeated: boolean
}

/** Kinds of text that is neither the YAML nor the JSON that the API server's libraries read. */
export type SyntaxCode =
  | 'json.syntax'
  | `yaml.${'syntax' | 'control' | 'tab' | 'merge' | 'alias' | 'key' | 'number' | 'tag'}`

/** Why a file cannot be decoded. */
export class ManifestSyntaxError extends Error {
  readonly offset: number
  readonly code: SyntaxCode
  constructor(offset: number, code: SyntaxCode, message: string) {
    super(message)
    this.name = 'ManifestSyntaxError'
    this.offset = offset
    this.code = code
  }
}

/** What a value is, for a message about its type. */
export function describeValue(value: ManifestValue): string {
  switch (value.kind) {
    case 'text':
      return `the text ${JSON.stringify(value.text.slice(0, 60))}`
    case 'number':
      return `the number ${value.text}; put it in quotes if a text is meant`
    case 'boolean':
      return `${value.boolean}; put it in quotes if a text is meant`
    case 'list':
    case 'map':
      return `a ${value.kind}`
    case 'null':
      return 'null'
    default:
      return value satisfies never
  }
}
