import type { BrowseQuery, StoredRecord } from '../contracts.ts'

/** `Log.browse` of one topic. */
export type Browse = (query: BrowseQuery) => Promise<readonly StoredRecord[]>

/** A page of a listing, newest first. */
export interface Page<T> {
  readonly items: readonly T[]
  /** Opaque; null at the end. A page may be empty and have one: the scan of a request is bounded. */
  readonly next: string | null
}

/** No request reads more records than this: with a filter that nothing passes, the client goes on with `next`. */
const maxScannedRecords = 20_000
const recordsPerRead = 500

export interface ScanResult {
  /** Offset of the last record that was visited. */
  readonly after: number | undefined
  readonly isAtEnd: boolean
}

export interface Scan {
  /** Only records before this offset. */
  readonly after: number | undefined
  /** Before the records of a read are visited. */
  readonly begin?: (records: readonly StoredRecord[]) => Promise<void>
  readonly visit: (record: StoredRecord) => boolean
}

/** Visits records newest first, until `visit` returns false, the records end, or enough were read. */
export async function scanNewestFirst(
  browse: Browse,
  { after, begin, visit }: Scan,
): Promise<ScanResult> {
  let last = after
  for (let scanned = 0; scanned < maxScannedRecords; ) {
    const records = await browse({
      order: 'newest',
      limit: recordsPerRead,
      ...(last === undefined ? {} : { after: last }),
    })
    await begin?.(records)
    for (const record of records) {
      last = record.position.offset
      if (!visit(record)) return { after: last, isAtEnd: false }
    }
    if (records.length < recordsPerRead) return { after: last, isAtEnd: true }
    scanned += records.length
  }
  return { after: last, isAtEnd: false }
}

/**
 * The JSON of a record; undefined when it is of another schema or none, so that a listing shows the rest.
 * Only this program writes the topics, so that the schema tag vouches for the type.
 */
export function parseRecord<T extends { readonly schema: string }>(
  { value }: StoredRecord,
  schema: T['schema'],
): T | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value).toString('utf8'))
    const isTagged =
      typeof parsed === 'object' &&
      parsed !== null &&
      'schema' in parsed &&
      parsed.schema === schema
    return isTagged ? (parsed as T) : undefined
  } catch {
    return undefined
  }
}
