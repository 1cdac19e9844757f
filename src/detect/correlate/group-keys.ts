import { hash } from 'node:crypto'
import type { GroupValue } from './correlator.ts'

/** What tells one group of a rule from the others. */
export interface GroupKey {
  readonly cluster: string
  readonly values: readonly GroupValue[]
}

/** What a group is called in the keys of records. */
export function groupName(key: Uint8Array): string {
  return hash('sha256', key, 'hex').slice(0, 32)
}

const tagOf = { string: 1, number: 2, boolean: 3 } as const
/** What names of very many users begin with; each has a tag of its own, from 4. */
const commonPrefixes = ['system:serviceaccount:', 'system:node:']

function commonPrefixOf(text: string): number {
  // Most other names end the search here.
  if (!text.startsWith('system:')) return -1
  for (let i = 0; i < commonPrefixes.length; i++) if (text.startsWith(commonPrefixes[i]!)) return i
  return -1
}

/** Behind every part; no encoded character holds it. */
const endOfPart = 0xff

/**
 * Writes keys down as bytes, one at a time. The same key once more costs nothing: one event is often an observation of
 * many rules by the same values.
 */
export class KeyWriter {
  bytes = new Uint8Array(256)
  length = 0
  hash = 0
  #cluster: string | undefined
  #values: readonly GroupValue[] = []

  write(cluster: string, values: readonly GroupValue[]): void {
    if (this.#isLast(cluster, values)) return
    this.length = 0
    this.#writePart(tagOf.string, cluster)
    for (const value of values) this.#writeValue(value)
    this.hash = hashOf(this.bytes, 0, this.length)
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
    if (cluster !== this.#cluster || values.length !== this.#values.length) return false
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
    bytes[at++] = prefix < 0 ? type : 4 + prefix
    for (let i = from; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code < 0x80) bytes[at++] = code
      else if (code < 0x800) {
        bytes[at++] = 0xc0 | (code >> 6)
        bytes[at++] = 0x80 | (code & 0x3f)
      } else {
        bytes[at++] = 0xe0 | (code >> 12)
        bytes[at++] = 0x80 | ((code >> 6) & 0x3f)
        bytes[at++] = 0x80 | (code & 0x3f)
      }
    }
    bytes[at++] = endOfPart
    this.length = at
  }
}

/**
 * The keys of groups as bytes in one array, each with its length before it: a part for the cluster and one for each value,
 * a tag for its type before it. Keys that went leave holes, which go when half of it is holes.
 */
export class GroupKeys {
  #bytes = new Uint8Array(1024)
  #used = 0
  #holes = 0
  readonly #writer: KeyWriter

  constructor(writer: KeyWriter) {
    this.#writer = writer
  }

  /** What keys take. */
  get liveBytes(): number {
    return this.#used - this.#holes
  }

  /** Whether the key at a place is the one that was written down. */
  isWritten(at: number): boolean {
    const length = this.#lengthAt(at)
    const { bytes } = this.#writer
    if (length !== this.#writer.length) return false
    const from = at + prefixLength(length)
    for (let i = 0; i < length; i++) if (this.#bytes[from + i] !== bytes[i]) return false
    return true
  }

  /** Keeps the key that was written down. Returns its place. */
  keep(): number {
    const { bytes, length } = this.#writer
    const at = this.#used
    const needed = at + length + prefixLength(length)
    if (needed > this.#bytes.length) this.#bytes = resized(this.#bytes, this.#used, needed)
    const from = writePrefix(this.#bytes, at, length)
    this.#bytes.set(bytes.subarray(0, length), from)
    this.#used = needed
    return at
  }

  drop(at: number): void {
    const length = this.#lengthAt(at)
    this.#holes += length + prefixLength(length)
  }

  get hasManyHoles(): boolean {
    return this.#holes > 4096 && this.#holes * 2 > this.#used
  }

  /** Closes the holes: `move` gives every place that is in use, and takes the new one. */
  compact(places: Iterable<readonly [at: number, move: (at: number) => void]>): void {
    const old = this.#bytes
    const kept = new Uint8Array(Math.max(1024, Math.ceil(this.liveBytes * 1.125)))
    this.#used = 0
    this.#holes = 0
    for (const [at, move] of places) {
      this.#bytes = old
      const length = this.#lengthAt(at)
      const whole = length + prefixLength(length)
      kept.set(old.subarray(at, at + whole), this.#used)
      move(this.#used)
      this.#used += whole
    }
    this.#bytes = kept
  }

  hashAt(at: number): number {
    const length = this.#lengthAt(at)
    return hashOf(this.#bytes, at + prefixLength(length), length)
  }

  bytesAt(at: number): Uint8Array {
    const length = this.#lengthAt(at)
    const from = at + prefixLength(length)
    return this.#bytes.slice(from, from + length)
  }

  /** As of Buffer.compare, without copies: a heap asks often. */
  compare(at: number, other: number): number {
    const length = this.#lengthAt(at)
    const otherLength = this.#lengthAt(other)
    const from = at + prefixLength(length)
    const otherFrom = other + prefixLength(otherLength)
    const shorter = Math.min(length, otherLength)
    for (let i = 0; i < shorter; i++) {
      const difference = this.#bytes[from + i]! - this.#bytes[otherFrom + i]!
      if (difference !== 0) return difference
    }
    return length - otherLength
  }

  read(at: number): GroupKey {
    const [cluster, ...values] = readParts(this.bytesAt(at))
    return { cluster: String(cluster), values }
  }

  #lengthAt(at: number): number {
    const first = this.#bytes[at]!
    if (first < 0xff) return first
    return (
      this.#bytes[at + 1]! +
      this.#bytes[at + 2]! * 0x100 +
      this.#bytes[at + 3]! * 0x1_0000 +
      this.#bytes[at + 4]! * 0x100_0000
    )
  }
}

/** FNV-1a, mixed at the end so that the lower bits depend on all. */
function hashOf(bytes: Uint8Array, from: number, length: number): number {
  let hash = 0x811c9dc5
  for (let i = from; i < from + length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** A length below 255 takes one byte, any other five. */
function prefixLength(length: number): number {
  return length < 0xff ? 1 : 5
}

/** Returns the place behind it. */
function writePrefix(bytes: Uint8Array, at: number, length: number): number {
  if (length < 0xff) {
    bytes[at] = length
    return at + 1
  }
  bytes[at] = 0xff
  for (let i = 0; i < 4; i++) bytes[at + 1 + i] = Math.floor(length / 0x100 ** i) & 0xff
  return at + 5
}

function readParts(bytes: Uint8Array): GroupValue[] {
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

function resized(old: Uint8Array, used: number, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(needed, Math.ceil(old.length * 1.25)))
  larger.set(old.subarray(0, used))
  return larger
}
