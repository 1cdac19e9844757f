import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import type {
  BrowseQuery,
  ReadLimits,
  StateRecord,
  StoredRecord,
  TopicStatus,
} from '../contracts.ts'
import { browseRange } from './browse-range.ts'
import { topicOf } from './changes.ts'
import type { Fetched } from './group-reader.ts'
import { openForReading, recordsTable } from './schema.ts'
import { checksum } from './sqlite-store.ts'
import { isDamage, noUniqueKeys, storeError } from './store-error.ts'
import { searchTime, sizeOf } from './topic-store.ts'

/** A read-only connection to the store: what is committed at the moment of each call. Sees only topics that existed when it was opened. */
export interface SqliteReads {
  /** `damaged` counts the records in the range that were left out because their content is not what was stored. */
  fetch(
    topic: string,
    fromOffset: number,
    limits: ReadLimits,
  ): Fetched & { readonly damaged: number }
  browse(topic: string, query: BrowseQuery): readonly StoredRecord[]
  /** As those of a log. */
  find(topic: string, keys: readonly string[]): readonly StoredRecord[]
  findByPrefix(topic: string, prefix: string, limit: number): readonly StoredRecord[]
  /** Read in steps as it is iterated. `onDamaged` is told of each record that was left out. */
  readState(
    topic: string,
    group: string,
    prefix: string,
    onDamaged: () => void,
  ): Iterable<StateRecord>
  status(): readonly TopicStatus[]
  close(): void
}

type Row = Record<string, SQLOutputValue>
type TopicReads = Readonly<
  Record<'fetch' | 'oldest' | 'newest' | 'first' | 'time', StatementSync>
> & {
  /** Where keys are unique. */
  readonly byKey: Readonly<Record<'exact' | 'range', StatementSync>> | undefined
}

/** Throws as `openForReading`; what it returns throws `log.failed`. */
export function openReads(directory: string): SqliteReads {
  const reads = openRawReads(directory)
  const attempt = <T>(action: () => T): T => {
    try {
      return action()
    } catch (error) {
      throw storeError(`reading the store in ${directory}`, error)
    }
  }
  return {
    fetch: (topic, fromOffset, limits) => attempt(() => reads.fetch(topic, fromOffset, limits)),
    browse: (topic, query) => attempt(() => reads.browse(topic, query)),
    find: (topic, keys) => attempt(() => reads.find(topic, keys)),
    findByPrefix: (topic, prefix, limit) => attempt(() => reads.findByPrefix(topic, prefix, limit)),
    // Its steps come when it is iterated.
    readState: reads.readState,
    status: () => attempt(() => reads.status()),
    close: () => reads.close(),
  }
}

function openRawReads(directory: string): SqliteReads {
  const db = openForReading(directory)
  const topicRows = db.prepare(
    'SELECT name, unique_keys, next_offset, bytes FROM topic ORDER BY name',
  )
  const nextOffset = db.prepare('SELECT next_offset FROM topic WHERE name = ?')
  const cursors = db.prepare('SELECT grp, next_offset FROM cursor WHERE topic = ? ORDER BY grp')
  const topics = new Map(
    topicRows
      .all()
      .map(({ name, unique_keys: hasKeys }) => [
        String(name),
        prepareReads(db, recordsTable(String(name)), hasKeys === 1),
      ]),
  )
  // Not in a store of version 1, which no newer program has opened to write yet.
  const hasState =
    db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'state'").get() !== undefined
  const state = hasState ? prepareStateReads(db) : undefined
  const endOf = (topic: string): number => Number(nextOffset.get(topic)?.['next_offset'])

  return {
    fetch: (topic, fromOffset, limits) => {
      const fetched = fetchRows(topicOf(topics, topic), topic, fromOffset, limits)
      if (fetched !== undefined) return fetched
      // Not even the next record can be reached: step over it.
      const canStep = fromOffset < endOf(topic)
      return { records: [], nextOffset: fromOffset + (canStep ? 1 : 0), damaged: canStep ? 1 : 0 }
    },
    browse: (topic, query) => {
      const sql = topicOf(topics, topic)
      const first = Number(sql.first.get()?.['offset'] ?? endOf(topic))
      const next = endOf(topic)
      const timeAt = (offset: number): number =>
        Number(sql.time.get(offset)?.['appended_at_ms'] ?? Number.POSITIVE_INFINITY)
      const { from, to } = browseRange(query, first, next, (timeMs) =>
        searchTime(first, next, timeMs, timeAt),
      )
      const rows = (query.order === 'oldest' ? sql.oldest : sql.newest).all(from, to, query.limit)
      return rows.filter(isIntact).map((row) => recordOf(topic, row))
    },
    find: (topic, keys) => {
      const { exact } = keyReads(topics, topic)
      const rows = [...new Set(keys)].flatMap((key) => exact.all(key))
      return rows
        .filter(isIntact)
        .map((row) => recordOf(topic, row))
        .sort((a, b) => a.position.offset - b.position.offset)
    },
    findByPrefix: (topic, prefix, limit) => {
      const rows = keyReads(topics, topic).range.all(prefix, `${prefix}\u{10ffff}`, limit)
      return rows
        .filter(isIntact)
        .map((row) => recordOf(topic, row))
        .reverse()
    },
    status: () => {
      db.exec('BEGIN')
      try {
        return topicRows.all().map((row) => statusOf(row, topics, cursors))
      } finally {
        db.exec('COMMIT')
      }
    },
    readState: (topic, group, prefix, onDamaged) => {
      topicOf(topics, topic)
      if (state === undefined) return []
      return stateRecords(state, { topic, group, prefix, onDamaged })
    },
    close: () => db.close(),
  }
}

const stateRecordsPerStep = 1000

type StateReads = Readonly<Record<'from' | 'behind', StatementSync>>

/** Once: who delivers asks for state each time that it begins to read again. */
function prepareStateReads(db: DatabaseSync): StateReads {
  const select = (comparison: '>=' | '>'): StatementSync =>
    db.prepare(
      `SELECT key, crc32, value FROM state
        WHERE topic = ? AND grp = ? AND key ${comparison} ? ORDER BY key LIMIT ${stateRecordsPerStep}`,
    )
  return { from: select('>='), behind: select('>') }
}

/** Step by step, so that no step keeps others waiting and little is in memory. */
function* stateRecords(
  state: StateReads,
  wanted: {
    readonly topic: string
    readonly group: string
    readonly prefix: string
    readonly onDamaged: () => void
  },
): Generator<StateRecord> {
  const { topic, group, prefix, onDamaged } = wanted
  let rows = readRows(state.from, topic, group, prefix)
  while (rows.length > 0) {
    for (const row of rows) {
      const key = String(row['key'])
      if (!key.startsWith(prefix)) return
      if (isIntact(row)) yield { key, value: valueIn(row) }
      else onDamaged()
    }
    rows = readRows(state.behind, topic, group, String(rows.at(-1)?.['key']))
  }
}

function readRows(statement: StatementSync, ...parameters: readonly string[]): Row[] {
  try {
    return statement.all(...parameters)
  } catch (error) {
    throw storeError('reading the state in the store', error)
  }
}

function keyReads(
  topics: ReadonlyMap<string, TopicReads>,
  topic: string,
): NonNullable<TopicReads['byKey']> {
  const { byKey } = topicOf(topics, topic)
  if (byKey === undefined) throw noUniqueKeys(topic)
  return byKey
}

function prepareReads(db: DatabaseSync, table: string, hasKeys: boolean): TopicReads {
  const columns = `offset, key, appended_at_ms, crc32, value FROM ${table}`
  const byKey = hasKeys
    ? {
        exact: db.prepare(`SELECT ${columns} WHERE key = ?`),
        range: db.prepare(
          `SELECT ${columns} WHERE key >= ? AND key < ? ORDER BY offset DESC LIMIT ?`,
        ),
      }
    : undefined
  return {
    byKey,
    fetch: db.prepare(`SELECT ${columns} WHERE offset >= ? ORDER BY offset LIMIT ?`),
    oldest: db.prepare(
      `SELECT ${columns} WHERE offset >= ? AND offset < ? ORDER BY offset LIMIT ?`,
    ),
    newest: db.prepare(
      `SELECT ${columns} WHERE offset >= ? AND offset < ? ORDER BY offset DESC LIMIT ?`,
    ),
    first: db.prepare(`SELECT offset, appended_at_ms FROM ${table} ORDER BY offset LIMIT 1`),
    time: db.prepare(
      `SELECT appended_at_ms FROM ${table} WHERE offset >= ? ORDER BY offset LIMIT 1`,
    ),
  }
}

/** Undefined when damage keeps even the first row from being read. */
function fetchRows(
  sql: TopicReads,
  topic: string,
  fromOffset: number,
  limits: ReadLimits,
): (Fetched & { readonly damaged: number }) | undefined {
  const records: StoredRecord[] = []
  let nextOffset = fromOffset
  let bytes = 0
  let damaged = 0
  try {
    for (const row of sql.fetch.iterate(fromOffset, limits.maxRecords)) {
      const record = recordOf(topic, row)
      bytes += sizeOf(record)
      if (records.length > 0 && bytes > limits.maxBytes) break
      nextOffset = record.position.offset + 1
      if (isIntact(row)) records.push(record)
      else damaged += 1
    }
  } catch (error) {
    if (!isDamage(error)) throw error
    if (nextOffset === fromOffset) return undefined
  }
  return { records, nextOffset, damaged }
}

function isIntact(row: Row): boolean {
  return checksum(String(row['key']), valueIn(row)) === row['crc32']
}

function recordOf(topic: string, row: Row): StoredRecord {
  return {
    key: String(row['key']),
    value: valueIn(row),
    position: { topic, partition: 0, offset: Number(row['offset']) },
    appendedAtMs: Number(row['appended_at_ms']),
  }
}

function valueIn(row: Row): Uint8Array {
  // The column is declared BLOB NOT NULL in a STRICT table.
  return row['value'] as Uint8Array
}

function statusOf(
  row: Row,
  topics: ReadonlyMap<string, TopicReads>,
  cursors: StatementSync,
): TopicStatus {
  const topic = String(row['name'])
  const nextOffset = Number(row['next_offset'])
  const first = topics.get(topic)?.first.get()
  const firstOffset = Number(first?.['offset'] ?? nextOffset)
  return {
    topic,
    records: nextOffset - firstOffset,
    bytes: Number(row['bytes']),
    firstOffset,
    nextOffset,
    oldestAppendedAtMs: Number(first?.['appended_at_ms'] ?? 0),
    cursors: Object.fromEntries(
      cursors.all(topic).map(({ grp, next_offset }) => [String(grp), Number(next_offset)]),
    ),
  }
}
