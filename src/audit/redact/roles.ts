import { isCredentialName } from './names.ts'
import { lastApplied } from './shapes.ts'
import { jsonText } from './text.ts'

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

const cacheSize = 4096
const longestCachedKey = 96

interface CachedKey {
  readonly bytes: Uint8Array
  readonly roles: number
}

/** `rolesOf` for keys in bytes. Remembers the last keys: bodies repeat a few hundred. */
export class KeyRoles {
  readonly #cache: (CachedKey | undefined)[] = new Array<CachedKey | undefined>(cacheSize)

  /** The key lies between its quotes, escapes and all. */
  of(bytes: Buffer, start: number, end: number): number {
    let hash = end - start
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
    const slot = (hash ^ (hash >>> 16)) & (cacheSize - 1)
    const cached = this.#cache[slot]
    if (cached !== undefined && isSame(cached.bytes, bytes, start, end)) return cached.roles
    const roles = rolesOf(jsonText(bytes, start, end).bytes)
    if (end - start <= longestCachedKey) {
      this.#cache[slot] = { bytes: Uint8Array.prototype.slice.call(bytes, start, end), roles }
    }
    return roles
  }
}

function isSame(key: Uint8Array, bytes: Buffer, start: number, end: number): boolean {
  if (key.length !== end - start) return false
  for (let i = 0; i < key.length; i++) {
    if (key[i] !== bytes[start + i]) return false
  }
  return true
}
