import { hash } from 'node:crypto'
import type { GroupValue } from './correlator.ts'
import { endOfPart, hashOf, type KeyWriter, readParts, resized } from './key-writer.ts'

/** What tells one group of a rule from the others. */
export interface GroupKey {
  readonly cluster: string
  readonly values: readonly GroupValue[]
}

/** What a group is called in the keys of records. */
export function groupName(key: Uint8Array): string {
  return hash('sha256', key, 'hex').slice(0, 32)
}

/**
 * The keys of groups as bytes in one array, each with its length before it: a part for the cluster and one for each value,
 * a tag for its type before it. Keys that went leave holes, which go when half of it is holes.
 */
export class GroupKeys {
  #bytes = new Uint8Array(1024)
  #used = 0
  #holes = 0
  #latest = Buffer.alloc(0)
  #latestCluster = ''
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

  /** Most are of the one that was asked for last. */
  clusterAt(at: number): string {
    const from = at + prefixLength(this.#lengthAt(at))
    let end = from
    while (this.#bytes[end] !== endOfPart) end += 1
    if (this.#latest.compare(this.#bytes, from, end) !== 0) {
      this.#latest = Buffer.from(this.#bytes.subarray(from, end))
      this.#latestCluster = String(readParts(this.#bytes.slice(from, end + 1))[0])
    }
    return this.#latestCluster
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
