/** What is asked of a suggestion. */
export interface SuggestOptions {
  /** Grant also what was refused. */
  readonly includeDenied: boolean
  /** Verbs of which each brings the others, where nothing that was refused becomes allowed by it. */
  readonly expand: readonly (readonly string[])[]
  /** More names than this become any name. */
  readonly maxNames: number
  /** More namespaces than this become all; undefined = never. */
  readonly maxNamespaces: number | undefined
  /** Grant also what may be needed for what no event tells: `bind`, `escalate`, signers, finalizers of owners. */
  readonly grantUnseen: boolean
  /** `1.36`: what the API server asks for changes with it. */
  readonly kubernetesVersion: string
  /** Of all objects, instead of one that is made of the subject. */
  readonly name: string | undefined
  /** Further labels; an empty value takes one of ours away. */
  readonly labels: Readonly<Record<string, string>>
}

export const defaultSuggestOptions: SuggestOptions = {
  includeDenied: false,
  expand: [],
  maxNames: 16,
  maxNamespaces: undefined,
  grantUnseen: false,
  kubernetesVersion: '1.36',
  name: undefined,
  labels: {},
}

/** Whether the version is at least `1.minor`. */
export function isAtLeast(version: string, minor: number): boolean {
  const [, found] = /^v?1\.(\d+)/.exec(version) ?? []
  return Number(found ?? minor) >= minor
}
