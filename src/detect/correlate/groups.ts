import { grown, nextCapacity } from './columns.ts'
import type { GroupValue } from './correlator.ts'
import type { HeapColumns } from './group-heap.ts'
import { type GroupKey, GroupKeys } from './group-keys.ts'
import type { KeyWriter } from './key-writer.ts'

/** More than one request was seen: it is given up after those of one. */
export const isRepeated = 1
/** It has changed since it was saved. */
export const isChanged = 2
/** There is a record of it. */
export const isSaved = 4

/** The groups of one rule, as numbers of rows in columns: some 45 bytes each, and the key. */
export class Groups {
  count = 0
  /** The last entry of a small group; those behind it are linked in a circle. */
  tails: Uint32Array = new Uint32Array(0)
  /** Entries of a small group. */
  lengths: Uint8Array = new Uint8Array(0)
  /** Seconds: what a window has lost ended there at the latest; 0 = nothing. */
  cutS: Uint32Array = new Uint32Array(0)
  flags: Uint8Array = new Uint8Array(0)
  /** By the time of the newest entry, as far as it has been looked at. */
  readonly byAge: HeapColumns = { keys: new Float64Array(0), places: new Uint32Array(0) }
  readonly byDue: HeapColumns = { keys: new Float64Array(0), places: new Uint32Array(0) }
  readonly #isDueUsed: boolean
  readonly #writer: KeyWriter
  readonly #keys: GroupKeys
  #keyPlaces = new Uint32Array(0)
  /** Open addressing: number of group + 1. */
  #slots = new Uint32Array(64)
  #used = 0
  readonly #free: number[] = []

  /** `isDueUsed`: groups wait for their time. */
  constructor(isDueUsed: boolean, writer: KeyWriter) {
    this.#isDueUsed = isDueUsed
    this.#writer = writer
    this.#keys = new GroupKeys(writer)
    this.#grow()
  }

  /** What keys and columns take, by what is used of them: the same after a restart. */
  get bytes(): number {
    return this.count * (this.#isDueUsed ? 54 : 42) + this.#keys.liveBytes
  }

  /** The group of these values; a new one, with no entries, when there is none. */
  of(cluster: string, values: readonly GroupValue[]): number {
    this.#writer.write(cluster, values)
    return this.#findOrAdd(this.#writer.hash)
  }

  ofKey(key: Uint8Array): number {
    this.#writer.copy(key)
    return this.#findOrAdd(this.#writer.hash)
  }

  key(group: number): GroupKey {
    return this.#keys.read(this.#keyPlaces[group]!)
  }

  cluster(group: number): string {
    return this.#keys.clusterAt(this.#keyPlaces[group]!)
  }

  keyBytes(group: number): Uint8Array {
    return this.#keys.bytesAt(this.#keyPlaces[group]!)
  }

  /** An order that depends on nothing but the keys. */
  compare(group: number, other: number): number {
    return this.#keys.compare(this.#keyPlaces[group]!, this.#keyPlaces[other]!)
  }

  remove(group: number): void {
    this.#closeSlot(group)
    this.#keys.drop(this.#keyPlaces[group]!)
    this.#free.push(group)
    this.count -= 1
    this.lengths[group] = 0
    this.flags[group] = 0
    this.#keyPlaces[group] = 0xffffffff
    if (this.#keys.hasManyHoles) this.#keys.compact(this.#places())
  }

  /** Numbers of all groups. */
  *all(): Generator<number> {
    for (let group = 0; group < this.#used; group++)
      if (this.#keyPlaces[group] !== 0xffffffff) yield group
  }

  *#places(): Generator<readonly [number, (at: number) => void]> {
    for (const group of this.all())
      yield [
        this.#keyPlaces[group]!,
        (at) => {
          this.#keyPlaces[group] = at
        },
      ]
  }

  #findOrAdd(hash: number): number {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const group = this.#slots[slot]! - 1
      if (this.#keys.isWritten(this.#keyPlaces[group]!)) return group
    }
    const group = this.#free.pop() ?? this.#used++
    if (group >= this.tails.length) this.#grow()
    this.#keyPlaces[group] = this.#keys.keep()
    this.lengths[group] = 0
    this.cutS[group] = 0
    this.flags[group] = 0
    this.#slots[slot] = group + 1
    this.count += 1
    if (this.count * 4 > this.#slots.length * 3) this.#rehash(this.#slots.length * 2)
    return group
  }

  #hashOf(group: number): number {
    return this.#keys.hashAt(this.#keyPlaces[group]!)
  }

  #closeSlot(group: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let hole = this.#hashOf(group) & mask
    while (slots[hole] !== group + 1) hole = (hole + 1) & mask
    slots[hole] = 0
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.#hashOf(slots[slot]! - 1) & mask
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      slots[hole] = slots[slot]!
      slots[slot] = 0
      hole = slot
    }
  }

  #rehash(length: number): void {
    const old = this.#slots
    const slots = new Uint32Array(length)
    const mask = length - 1
    for (const one of old) {
      if (one === 0) continue
      let slot = this.#hashOf(one - 1) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = one
    }
    this.#slots = slots
  }

  #grow(): void {
    const rows = nextCapacity(this.tails.length)
    this.tails = grown(this.tails, rows)
    this.lengths = grown(this.lengths, rows)
    this.cutS = grown(this.cutS, rows)
    this.flags = grown(this.flags, rows)
    this.#keyPlaces = grown(this.#keyPlaces, rows)
    this.byAge.keys = grown(this.byAge.keys, rows)
    this.byAge.places = grown(this.byAge.places, rows)
    if (!this.#isDueUsed) return
    this.byDue.keys = grown(this.byDue.keys, rows)
    this.byDue.places = grown(this.byDue.places, rows)
  }
}
