import type { ReadLimits, StoredRecord } from '../../contracts.ts'
import { recordBytes } from './messages.ts'

/** Records of one partition that were fetched before their reader asked for them, in order. */
export interface ReadAhead {
  /** The first of them; undefined when there are none. */
  readonly first: StoredRecord | undefined
  /** A delivery's worth is there: nothing more is to be fetched until something was taken. */
  readonly isFull: boolean
  add(record: StoredRecord): void
  /** As many as the limits allow, one at least if there are any. */
  take(): readonly StoredRecord[]
  /** Leaves out the first ones for as long as they are so. */
  dropWhile(isSo: (record: StoredRecord) => boolean): void
  clear(): void
  /** Resolves when something was taken, or everything was cleared. */
  changed(): Promise<void>
}

export function createReadAhead(limits: ReadLimits): ReadAhead {
  let records: StoredRecord[] = []
  let bytes = 0
  let change = Promise.withResolvers<void>()

  const keepFrom = (place: number): readonly StoredRecord[] => {
    const gone = records.slice(0, place)
    records = records.slice(place)
    bytes -= gone.reduce((sum, record) => sum + recordBytes(record), 0)
    change.resolve()
    change = Promise.withResolvers()
    return gone
  }
  const fitting = (): number => {
    let taken = 0
    const end = records.findIndex((record, place) => {
      taken += recordBytes(record)
      return place > 0 && (place >= limits.maxRecords || taken > limits.maxBytes)
    })
    return end === -1 ? records.length : end
  }

  return {
    get first() {
      return records[0]
    },
    get isFull() {
      return bytes >= limits.maxBytes || records.length >= limits.maxRecords
    },
    add: (record) => {
      records.push(record)
      bytes += recordBytes(record)
    },
    take: () => keepFrom(fitting()),
    dropWhile: (isSo) => {
      const place = records.findIndex((record) => !isSo(record))
      keepFrom(place === -1 ? records.length : place)
    },
    clear: () => void keepFrom(records.length),
    changed: () => change.promise,
  }
}
