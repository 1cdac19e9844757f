import type { GroupValue } from './correlator.ts'

const tagOf = { string: 1, number: 2, boolean: 3 } as const
/** What names of very many users begin with; each has a tag of its own, from 4. */
const commonPrefixes = ['system:serviceaccount:', 'system:node:']

function commonPrefixOf(text: string): number {
  // Nearly all other names end the search here: `s` and `:`.
  if (text.charCodeAt(0) !== 0x73 || text.charCodeAt(6) !== 0x3a) return -1
  for (let i = 0; i < commonPrefixes.length; i++) if (text.startsWith(commonPrefixes[i]!)) return i
  return -1
}

const firstHash = 0x811c9dc5 | 0

/** Behind every part; no encoded character holds it. */
export const endOfPart = 0xff

/**
 * Writes keys down as bytes, one at a time. The same key once more costs nothing: one event is often an observation of
 * many rules by the same values.
 */
export class KeyWriter {
  bytes = new Uint8Array(256)
  length = 0
  hash = 0
  #hash = firstHash
  #cluster: string | undefined
  #values: readonly GroupValue[] = []

  write(cluster: string, values: readonly GroupValue[]): void {
    if (this.#isLast(cluster, values)) return
    this.length = 0
    this.#hash = firstHash
    this.#writePart(tagOf.string, cluster)
    for (const value of values) this.#writeValue(value)
    this.hash = mixed(this.#hash)
    this.#cluster = cluster
    this.#values = values
  }

  /** A key that was written before. */
  copy(key: Uint8Array): void {
    if (key.length > this.bytes.length) this.bytes = new Uint8Array(key.length * 2)
    this.bytes.set(key)
    this.length = key.length
    this.hash = hashOf(key, 0, key.length)
    this.#cluster = undefined
  }

  #isLast(cluster: string, values: readonly GroupValue[]): boolean {
    if (cluster !== this.#cluster) return false
    if (values === this.#values) return true
    if (values.length !== this.#values.length) return false
    for (let i = 0; i < values.length; i++) if (values[i] !== this.#values[i]) return false
    return true
  }

  #writeValue(value: GroupValue): void {
    if (typeof value === 'string') this.#writePart(tagOf.string, value)
    else this.#writePart(typeof value === 'number' ? tagOf.number : tagOf.boolean, String(value))
  }

  #writePart(type: number, text: string): void {
    const prefix = type === tagOf.string ? commonPrefixOf(text) : -1
    const from = prefix < 0 ? 0 : commonPrefixes[prefix]!.length
    const most = this.length + (text.length - from) * 3 + 2
    if (most > this.bytes.length) this.bytes = resized(this.bytes, this.length, most)
    const bytes = this.bytes
    let at = this.length
    bytes[at] = prefix < 0 ? type : 4 + prefix
    let hash = next(this.#hash, bytes[at++]!)
    for (let i = from; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code < 0x80) {
        bytes[at++] = code
        hash = next(hash, code)
        continue
      }
      const start = at
      if (code < 0x800) bytes[at++] = 0xc0 | (code >> 6)
      else {
        bytes[at++] = 0xe0 | (code >> 12)
        bytes[at++] = 0x80 | ((code >> 6) & 0x3f)
      }
      bytes[at++] = 0x80 | (code & 0x3f)
      for (let j = start; j < at; j++) hash = next(hash, bytes[j]!)
    }
    this.#hash = next(hash, endOfPart)
    bytes[at++] = endOfPart
    this.length = at
  }
}

/** What was written, the cluster first. */
export function readParts(bytes: Uint8Array): GroupValue[] {
  const parts: GroupValue[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at++]
    let text = ''
    while (bytes[at] !== endOfPart) {
      const first = bytes[at]!
      if (first < 0x80) text += String.fromCharCode(first)
      else if (first < 0xe0)
        text += String.fromCharCode(((first & 0x1f) << 6) | (bytes[at + 1]! & 0x3f))
      else
        text += String.fromCharCode(
          ((first & 0x0f) << 12) | ((bytes[at + 1]! & 0x3f) << 6) | (bytes[at + 2]! & 0x3f),
        )
      at += first < 0x80 ? 1 : first < 0xe0 ? 2 : 3
    }
    at += 1
    parts.push(valueFrom(tag!, text))
  }
  return parts
}

function valueFrom(tag: number, text: string): GroupValue {
  if (tag > tagOf.boolean) return (commonPrefixes[tag - 4] ?? '') + text
  if (tag === tagOf.string) return text
  return tag === tagOf.number ? Number(text) : text === 'true'
}

/** FNV-1a, mixed at the end so that the lower bits depend on all. */
export function hashOf(bytes: Uint8Array, from: number, length: number): number {
  let hash = firstHash
  for (let i = from; i < from + length; i++) hash = next(hash, bytes[i]!)
  return mixed(hash)
}

function next(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193)
}

function mixed(fnv: number): number {
  let hash = Math.imul(fnv ^ (fnv >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** With room for so much, and more. */
export function resized(old: Uint8Array, used: number, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(needed, Math.ceil(old.length * 1.25)))
  larger.set(old.subarray(0, used))
  return larger
}
