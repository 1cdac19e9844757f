import type { RejectedItem } from '../contracts.ts'
import { type Cursor, encodeCursor } from './cursor.ts'
import { type Browse, type Page, parseRecord, scanNewestFirst } from './scan.ts'

export interface RejectedFilter {
  readonly limit: number
  readonly cursor?: Cursor
}

export type RejectedQuery = (filter: RejectedFilter) => Promise<Page<RejectedItem>>

/** What could not be decoded, newest first. */
export function createRejectedQuery(browse: Browse): RejectedQuery {
  return async ({ cursor, limit }) => {
    const items: RejectedItem[] = []
    const scan = await scanNewestFirst(browse, {
      after: cursor?.after,
      visit: (record) => {
        const item = parseRecord<RejectedItem>(record, 'kubewitness.rejected/v1')
        if (item !== undefined) items.push(item)
        return items.length < limit
      },
    })
    const next =
      scan.isAtEnd || scan.after === undefined
        ? null
        : encodeCursor({ after: scan.after, newest: scan.after })
    return { items, next }
  }
}
