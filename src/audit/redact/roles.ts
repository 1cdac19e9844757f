import { isCredentialName } from './names.ts'
import { lastApplied } from './shapes.ts'

/** What a key says of its value, as bits. */
export const KIND = 1
/** The value names what stands beside it under `value`. */
export const NAME = 2
export const VALUE = 4
export const OP = 8
export const PATH = 16
/** Words to run. */
export const COMMAND = 32
export const CREDENTIAL = 64
export const LAST_APPLIED = 128
/** A map whose keys are chosen names and whose values are names too. */
export const NAME_MAP = 256
/** What an object has only if it is there itself, and not a reference to it. */
export const CONTENT = 512
/** Where an object under the name of a credential has the credential itself. */
export const CREDENTIAL_VALUE = 1024

/** What texts and containers say of themselves, in the same bits: a kind that holds secrets, */
export const SECRETIVE_KIND = 2048
/** a text that may be JSON, */
export const JSON_TEXT = 4096
/** and many containers in one another. */
export const DEEP = 8192

/** A value in which none of these is said holds no credential but what is found by its look. */
export const MATTERS =
  COMMAND | VALUE | CREDENTIAL | LAST_APPLIED | SECRETIVE_KIND | JSON_TEXT | DEEP

/** Keys of words to run, in the order in which they are put together (core/v1 Container; Tekton, Argo). */
export const commandKeys = ['entrypoint', 'command', 'cmd', 'script', 'args', 'arguments'] as const

const rolesByKey: ReadonlyMap<string, number> = new Map([
  ['name', NAME],
  ['key', NAME],
  ['op', OP],
  ['path', PATH],
  ['value', VALUE | CREDENTIAL_VALUE],
  ['data', CONTENT | CREDENTIAL_VALUE],
  ...each(CREDENTIAL_VALUE, 'content', 'inline', 'literal', 'plain', 'plaintext'),
  ...each(CONTENT, 'metadata', 'stringData', 'binaryData', 'spec', 'status', 'items'),
  ...each(COMMAND, ...commandKeys),
  ...each(NAME_MAP, 'labels', 'matchLabels', 'selector', 'nodeSelector', 'managedFields'),
  [lastApplied, LAST_APPLIED],
])

function each(role: number, ...keys: readonly string[]): readonly [string, number][] {
  return keys.map((key) => [key, role])
}

/** The roles of a key. `kind` in any case: what it says may only make an object more of a secret. */
export function rolesOf(key: string): number {
  const known = rolesByKey.get(key)
  if (known !== undefined) return known
  if (key.length === 4 && key.toLowerCase() === 'kind') return KIND
  return isCredentialName(key) ? CREDENTIAL : 0
}
