import type {
  LogRecord,
  ReadLimits,
  StateChange,
  StateRecord,
  StoredRecord,
  TopicOptions,
} from '../contracts.ts'
import type { Fetched } from './group-reader.ts'
import { type Cursor, type Removal, searchTime, sizeOf, type TopicStore } from './topic-store.ts'

/** One topic in memory. */
export class MemoryStore implements TopicStore {
  readonly name: string
  readonly options: TopicOptions
  readonly cursors = new Map<string, Cursor>()
  readonly #records: StoredRecord[] = []
  /** Of a topic with unique keys. */
  readonly #recordByKey = new Map<string, StoredRecord>()
  readonly #stateByGroup = new Map<string, Map<string, Uint8Array>>()
  #firstOffset = 0
  #bytes = 0
  #lastMs = 0

  constructor(name: string, options: TopicOptions) {
    this.name = name
    this.options = options
  }

  get firstOffset(): number {
    return this.#firstOffset
  }

  get nextOffset(): number {
    return this.#firstOffset + this.#records.length
  }

  get bytes(): number {
    return this.#bytes
  }

  insert(records: readonly LogRecord[], nowMs: number): void {
    this.#lastMs = Math.max(this.#lastMs, Math.floor(nowMs))
    for (const { key, value } of records) {
      if (this.#recordByKey.has(key)) continue
      const position = { topic: this.name, partition: 0, offset: this.nextOffset }
      // A copy: the caller may go on using its bytes.
      const record = { key, value: new Uint8Array(value), position, appendedAtMs: this.#lastMs }
      this.#records.push(record)
      if (this.options.uniqueKeys) this.#recordByKey.set(key, record)
      this.#bytes += sizeOf(record)
    }
  }

  removeOldest({ untilOffset, bytesToFree, maxRecords }: Removal): number {
    let count = 0
    let freed = 0
    for (const record of this.#records) {
      if (freed >= bytesToFree || count === maxRecords || record.position.offset >= untilOffset) {
        break
      }
      count += 1
      freed += sizeOf(record)
      this.#recordByKey.delete(record.key)
    }
    this.#records.splice(0, count)
    this.#firstOffset += count
    this.#bytes -= freed
    return count
  }

  firstAtOrAfter(timeMs: number): number {
    return searchTime(this.firstOffset, this.nextOffset, timeMs, (offset) => this.#timeAt(offset))
  }

  setCursor(group: string, cursor: Cursor): void {
    this.cursors.set(group, cursor)
  }

  changeState(group: string, changes: readonly StateChange[]): void {
    const state = this.#stateByGroup.get(group) ?? new Map<string, Uint8Array>()
    this.#stateByGroup.set(group, state)
    for (const { key, value } of changes) {
      if (value === undefined) state.delete(key)
      else state.set(key, new Uint8Array(value))
    }
  }

  clearState(group: string): void {
    this.#stateByGroup.delete(group)
  }

  readState(group: string, prefix: string): readonly StateRecord[] {
    return [...(this.#stateByGroup.get(group) ?? [])]
      .map(([key, value]) => ({ key, value }))
      .filter(({ key }) => key.startsWith(prefix))
      .toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
  }

  get oldestAppendedAtMs(): number {
    return this.#records[0]?.appendedAtMs ?? 0
  }

  /** Records with `from <= offset < to`, oldest first. */
  slice(from: number, to: number): readonly StoredRecord[] {
    const start = Math.max(from - this.#firstOffset, 0)
    return this.#records.slice(start, Math.max(to - this.#firstOffset, 0))
  }

  find(keys: readonly string[]): readonly StoredRecord[] {
    return [...new Set(keys)].flatMap((key) => this.#recordByKey.get(key) ?? []).sort(byOffset)
  }

  findByPrefix(prefix: string, limit: number): readonly StoredRecord[] {
    const found = [...this.#recordByKey.values()].filter(({ key }) => key.startsWith(prefix))
    return found.sort(byOffset).slice(-limit)
  }

  fetch(fromOffset: number, limits: ReadLimits): Fetched {
    const records: StoredRecord[] = []
    let bytes = 0
    const from = Math.max(fromOffset, this.#firstOffset)
    for (const record of this.slice(from, from + limits.maxRecords)) {
      bytes += sizeOf(record)
      if (records.length > 0 && bytes > limits.maxBytes) break
      records.push(record)
    }
    const last = records.at(-1)
    return { records, nextOffset: last === undefined ? fromOffset : last.position.offset + 1 }
  }

  #timeAt(offset: number): number {
    return this.#records[offset - this.#firstOffset]?.appendedAtMs ?? Number.POSITIVE_INFINITY
  }
}

function byOffset(a: StoredRecord, b: StoredRecord): number {
  return a.position.offset - b.position.offset
}
