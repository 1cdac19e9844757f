import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { LogRecord, StateChange, StoredRecord, TopicOptions } from '../contracts.ts'
import { KubewitnessError } from '../errors.ts'
import { createTopic, recordsTable } from './schema.ts'
import { type Cursor, type Removal, searchTime, sizeOf, type TopicStore } from './topic-store.ts'

/** What a damaged record is told by. */
export function checksum(key: string, value: Uint8Array): number {
  return crc32(value, crc32(key))
}

/**
 * One topic in SQLite, for the writer. Its totals are kept here and in the topic's row, in the same transaction as the
 * records, so that nothing needs to be counted at start. After a rollback `load` brings it back to what is stored.
 */
export class SqliteStore implements TopicStore {
  readonly name: string
  readonly options: TopicOptions
  readonly cursors = new Map<string, Cursor>()
  readonly #sql: Statements
  #firstOffset = 0
  #nextOffset = 0
  #bytes = 0
  #lastMs = 0
  #isChanged = false
  #fresh: StoredRecord[] = []

  /** Outside a transaction; makes what the topic needs if it is new. */
  constructor(db: DatabaseSync, name: string, options: TopicOptions) {
    this.name = name
    this.options = options
    const known = db.prepare('SELECT unique_keys FROM topic WHERE name = ?').get(name)
    if (known === undefined) {
      db.exec('BEGIN IMMEDIATE')
      createTopic(db, name, options.uniqueKeys)
      db.exec('COMMIT')
    } else if ((known['unique_keys'] === 1) !== options.uniqueKeys) {
      throw new KubewitnessError(
        'log.failed',
        `opening the topic ${name}: it was made with another kind of keys`,
        { next: 'report this as a bug' },
      )
    }
    this.#sql = prepareStatements(db, recordsTable(name), options.uniqueKeys)
    this.load()
  }

  get firstOffset(): number {
    return this.#firstOffset
  }

  get nextOffset(): number {
    return this.#nextOffset
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Reads the totals and cursors: a few rows, however much is stored. */
  load(): void {
    const row = this.#sql.topic.get(this.name) ?? {}
    this.#nextOffset = Number(row['next_offset'])
    this.#bytes = Number(row['bytes'])
    this.#lastMs = Number(row['last_appended_at_ms'])
    this.#firstOffset = Number(this.#sql.first.get()?.['first'] ?? this.#nextOffset)
    this.cursors.clear()
    for (const { grp, next_offset, epoch } of this.#sql.cursors.iterate(this.name)) {
      this.cursors.set(String(grp), { nextOffset: Number(next_offset), epoch: Number(epoch) })
    }
    this.#isChanged = false
    this.#fresh = []
  }

  /** Before the commit. */
  save(): void {
    if (!this.#isChanged) return
    this.#sql.save.run(this.#nextOffset, this.#bytes, this.#lastMs, this.name)
    this.#isChanged = false
  }

  insert(records: readonly LogRecord[], nowMs: number): void {
    this.#lastMs = Math.max(this.#lastMs, Math.floor(nowMs))
    for (const record of records) {
      const { key, value } = record
      const sum = checksum(key, value)
      const { changes } = this.#sql.insert.run(this.#nextOffset, key, this.#lastMs, sum, value)
      if (changes === 0) continue
      if (record.opened !== undefined) {
        const position = { topic: this.name, partition: 0, offset: this.#nextOffset }
        // A copy: the value may lie in the memory of a whole request.
        const own = { ...record, value: new Uint8Array(value) }
        this.#fresh.push({ ...own, position, appendedAtMs: this.#lastMs })
      }
      this.#nextOffset += 1
      this.#bytes += sizeOf(record)
      this.#isChanged = true
    }
  }

  /** The records that were inserted opened, since it was last asked; after a rollback none. */
  takeFresh(): readonly StoredRecord[] {
    const taken = this.#fresh
    this.#fresh = []
    return taken
  }

  removeOldest({ untilOffset, bytesToFree, maxRecords }: Removal): number {
    let end = this.#firstOffset
    let freed = 0
    if (bytesToFree <= 0) return 0
    for (const { offset, size } of this.#sql.sizes.iterate(untilOffset, maxRecords)) {
      end = Number(offset) + 1
      freed += Number(size)
      if (freed >= bytesToFree) break
    }
    const count = end - this.#firstOffset
    if (count === 0) return 0
    this.#sql.remove.run(end)
    this.#firstOffset = end
    this.#bytes -= freed
    this.#isChanged = true
    return count
  }

  firstAtOrAfter(timeMs: number): number {
    return searchTime(this.#firstOffset, this.#nextOffset, timeMs, (offset) =>
      Number(this.#sql.time.get(offset)?.['appended_at_ms']),
    )
  }

  setCursor(group: string, cursor: Cursor): void {
    this.#sql.setCursor.run(this.name, group, cursor.nextOffset, cursor.epoch)
    this.cursors.set(group, cursor)
  }

  changeState(group: string, changes: readonly StateChange[]): void {
    for (const { key, value } of changes) {
      if (value === undefined) this.#sql.removeState.run(this.name, group, key)
      else this.#sql.setState.run(this.name, group, key, checksum(key, value), value)
    }
  }

  clearState(group: string): void {
    this.#sql.clearState.run(this.name, group)
  }
}

type Statements = Readonly<Record<keyof ReturnType<typeof prepareStatements>, StatementSync>>

function prepareStatements(db: DatabaseSync, table: string, uniqueKeys: boolean) {
  const onConflict = uniqueKeys ? 'ON CONFLICT (key) DO NOTHING' : ''
  return {
    topic: db.prepare('SELECT next_offset, bytes, last_appended_at_ms FROM topic WHERE name = ?'),
    first: db.prepare(`SELECT min(offset) AS first FROM ${table}`),
    cursors: db.prepare('SELECT grp, next_offset, epoch FROM cursor WHERE topic = ?'),
    save: db.prepare(
      'UPDATE topic SET next_offset = ?, bytes = ?, last_appended_at_ms = ? WHERE name = ?',
    ),
    insert: db.prepare(
      `INSERT INTO ${table} (offset, key, appended_at_ms, crc32, value) VALUES (?, ?, ?, ?, ?) ${onConflict}`,
    ),
    // The length of a value is in the head of its row: the value itself is not read.
    sizes: db.prepare(
      `SELECT offset, octet_length(key) + length(value) AS size FROM ${table} WHERE offset < ? ORDER BY offset LIMIT ?`,
    ),
    remove: db.prepare(`DELETE FROM ${table} WHERE offset < ?`),
    time: db.prepare(`SELECT appended_at_ms FROM ${table} WHERE offset = ?`),
    setCursor: db.prepare(
      `INSERT INTO cursor VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset, epoch = excluded.epoch`,
    ),
    setState: db.prepare(
      `INSERT INTO state VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET crc32 = excluded.crc32, value = excluded.value`,
    ),
    removeState: db.prepare('DELETE FROM state WHERE topic = ? AND grp = ? AND key = ?'),
    clearState: db.prepare('DELETE FROM state WHERE topic = ? AND grp = ?'),
  }
}
