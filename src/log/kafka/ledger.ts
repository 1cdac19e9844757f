/** What of a partition is remembered. */
interface Entry {
  readonly key: string
  readonly bytes: number
}

const maxEntries = 200_000

/**
 * What this process knows of one partition: size and key of its newest records, from what it appended itself and what it
 * looked at. Kafka tells neither how large a partition is nor where a key is, so both are kept here, up to a bound; what is
 * not covered is estimated from the average of what is.
 */
export class Ledger {
  /** Bounds of the partition, as they were when last looked at or appended. */
  first = 0
  next = 0
  /** The time of the newest record that was seen. */
  lastMs = 0
  readonly #entries = new Map<number, Entry>()
  /** Of a topic with unique keys: the first record with a key. */
  readonly #offsetByKey = new Map<string, number>()
  readonly #hasUniqueKeys: boolean
  #from = 0
  #to = 0
  #bytes = 0
  #averageBytes = 0

  constructor(hasUniqueKeys: boolean) {
    this.#hasUniqueKeys = hasUniqueKeys
  }

  /** What is covered: [from, to). */
  get from(): number {
    return this.#from
  }

  get to(): number {
    return this.#to
  }

  /** Bytes and records of the partition: exact if it is covered whole. */
  get bytes(): number {
    return this.#bytes + this.#uncovered * this.#averageBytes
  }

  get records(): number {
    return this.#entries.size + this.#uncovered
  }

  get #uncovered(): number {
    return (
      Math.max(0, this.#from - this.first) + Math.max(0, this.next - Math.max(this.#to, this.first))
    )
  }

  /** The next record of the partition, in its order. */
  add(offset: number, key: string, bytes: number): void {
    if (offset < this.#to) return
    this.#entries.set(offset, { key, bytes })
    this.#bytes += bytes
    this.#to = offset + 1
    this.next = Math.max(this.next, offset + 1)
    this.note(offset, key, bytes)
    if (this.#entries.size > maxEntries) this.#forgetBefore(this.#oldest() + 1)
  }

  /** A record of this process behind others that were not looked at. */
  note(offset: number, key: string, bytes: number): void {
    this.next = Math.max(this.next, offset + 1)
    this.#averageBytes += (bytes - this.#averageBytes) / (this.#averageBytes === 0 ? 1 : 32)
    this.noteKey(offset, key)
  }

  /** A record with this key stands there: who reads on from there is to see that a later one repeats it. */
  noteKey(offset: number, key: string): void {
    if (!this.#hasUniqueKeys) return
    const known = this.#offsetByKey.get(key)
    if (known === undefined || known > offset) this.#offsetByKey.set(key, offset)
    if (this.#offsetByKey.size <= maxEntries) return
    for (const oldest of this.#offsetByKey.keys()) {
      this.#offsetByKey.delete(oldest)
      break
    }
  }

  /** Everything before this place has been looked at, or is no more. */
  coveredTo(offset: number): void {
    this.#to = Math.max(this.#to, offset)
    this.next = Math.max(this.next, this.#to)
  }

  /** Gives up what is covered and goes on here. */
  skipTo(offset: number): void {
    this.#entries.clear()
    this.#bytes = 0
    this.#from = offset
    this.#to = offset
  }

  /** Records before it are gone. */
  takenBefore(offset: number): void {
    if (offset <= this.first) return
    this.first = offset
    this.next = Math.max(this.next, offset)
    this.#forgetBefore(offset)
    this.#to = Math.max(this.#to, offset)
  }

  offsetOf(key: string): number | undefined {
    const offset = this.#offsetByKey.get(key)
    return offset === undefined || offset < this.first ? undefined : offset
  }

  /** Another record with this key stands before it. */
  isRepeat(offset: number, key: string): boolean {
    const known = this.offsetOf(key)
    return known !== undefined && known < offset
  }

  /** Offsets of keys that begin so, oldest first. */
  offsetsByPrefix(prefix: string): number[] {
    return [...this.#offsetByKey]
      .filter(([key, offset]) => offset >= this.first && key.startsWith(prefix))
      .map(([, offset]) => offset)
      .sort((a, b) => a - b)
  }

  /** The offset up to which the oldest records have to go to free so many bytes, `until` at most. */
  offsetToFree(bytes: number, until: number): number {
    let freed = 0
    let offset = this.first
    if (this.#from > offset && this.#averageBytes > 0) {
      const records = Math.min(this.#from - offset, Math.ceil(bytes / this.#averageBytes))
      offset += records
      freed += records * this.#averageBytes
    }
    for (const [own, entry] of this.#entries) {
      if (freed >= bytes || own >= until) break
      freed += entry.bytes
      offset = own + 1
    }
    return Math.min(offset, until)
  }

  /** Records in [from, to), as far as is known. */
  countBetween(from: number, to: number): number {
    const start = Math.max(from, this.first)
    if (start >= to) return 0
    if (start < this.#from || to > this.#to) return to - start
    let count = 0
    for (const offset of this.#entries.keys()) {
      if (offset >= to) break
      if (offset >= start) count += 1
    }
    return count
  }

  #oldest(): number {
    for (const offset of this.#entries.keys()) return offset
    return this.#to
  }

  #forgetBefore(offset: number): void {
    for (const [own, { key, bytes }] of this.#entries) {
      if (own >= offset) break
      this.#entries.delete(own)
      this.#bytes -= bytes
      if (this.#offsetByKey.get(key) === own && own < this.first) this.#offsetByKey.delete(key)
    }
    this.#from = Math.max(this.#from, offset)
  }
}
