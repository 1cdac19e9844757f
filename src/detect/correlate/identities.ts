import { EventIdentity, identityLength, requestAt } from '../../audit/identity.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { grown } from './columns.ts'
import type { EventIds, KnownIds } from './known-ids.ts'

/** The identities of entries, by number of row: their words, one after the other. */
export class Identities {
  #words: Uint32Array = new Uint32Array(0)
  readonly #ids: KnownIds

  constructor(ids: KnownIds) {
    this.#ids = ids
  }

  set(row: number, words: Uint32Array): void {
    const at = row * identityLength
    for (let i = 0; i < identityLength; i++) this.#words[at + i] = words[i]!
  }

  identity(row: number, isUuid: boolean): EventIdentity {
    const identity = new EventIdentity()
    const at = row * identityLength
    identity.words.set(this.#words.subarray(at, at + identityLength))
    identity.isUuid = isUuid
    return identity
  }

  ids(row: number): EventIds {
    return this.#ids.of(this.#words, row * identityLength)
  }

  isSameRequest(row: number, other: number): boolean {
    return this.#difference(row, other, requestAt + 2) === 0
  }

  /** Of its request: others have the same as often as any 32 bits are the same. */
  requestWord(row: number): number {
    return this.#words[row * identityLength + requestAt]!
  }

  /** 0 for the same event; of others the order means nothing. */
  compare(row: number, other: number): number {
    return this.#difference(row, other, identityLength)
  }

  write(row: number, writer: ByteWriter): void {
    writer.words(this.#words, row * identityLength, identityLength)
  }

  read(row: number, reader: ByteReader): void {
    reader.words(this.#words, row * identityLength, identityLength)
  }

  grow(rows: number): void {
    this.#words = grown(this.#words, rows * identityLength)
  }

  /** Of the first so many words. */
  #difference(row: number, other: number, length: number): number {
    const words = this.#words
    const at = row * identityLength
    const otherAt = other * identityLength
    for (let i = 0; i < length; i++) {
      const difference = words[at + i]! - words[otherAt + i]!
      if (difference !== 0) return difference
    }
    return 0
  }
}
