import { createHash } from 'node:crypto'
import type { Alert, Level } from '../contracts.ts'
import { type Cursor, encodeCursor } from './cursor.ts'
import { type Browse, type Page, parseRecord, scanNewestFirst } from './scan.ts'

export interface AlertFilter {
  readonly limit: number
  readonly cursor?: Cursor
  /** Any of these. */
  readonly levels?: readonly Level[]
  /** Id or name. */
  readonly rule?: string
  readonly actor?: string
}

export type AlertQuery = (filter: AlertFilter) => Promise<Page<Alert>>

/** More alerts than this overlapping in time, and a later page may repeat one in an older revision. */
const maxSeen = 400

/**
 * Alerts of the topic `alerts`, newest first, each id once in its newest revision. An alert stands where that
 * revision was appended. The cursor carries the ids whose older revisions are still to come, so that pages do not
 * repeat them and nothing has to be kept between requests.
 */
export function createAlertQuery(browse: Browse): AlertQuery {
  return async (filter) => {
    const seen = createSeen(filter.cursor?.seen ?? [])
    const items: Alert[] = []
    const scan = await scanNewestFirst(browse, filter.cursor?.after, (record) => {
      const alert = parseRecord<Alert>(record, 'kubewitness.alert/v1')
      if (alert === undefined || !seen.isNew(alert) || !passes(alert, filter)) return true
      items.push(alert)
      return items.length < filter.limit
    })
    const next =
      scan.isAtEnd || scan.after === undefined
        ? null
        : encodeCursor({ after: scan.after, seen: seen.unfinished() })
    return { items, next }
  }
}

/** Remembers ids; across pages only those whose first revision has not come by, as it is the last of an id. */
function createSeen(before: readonly string[]) {
  const all = new Set(before)
  const unfinished = new Set(before)
  return {
    isNew(alert: Alert): boolean {
      const hash = createHash('sha256').update(alert.id).digest('base64url').slice(0, 11)
      const isNew = !all.has(hash)
      all.add(hash)
      if (alert.revision <= 1) unfinished.delete(hash)
      else unfinished.add(hash)
      return isNew
    },
    unfinished: () => [...unfinished].slice(-maxSeen),
  }
}

function passes(alert: Alert, { actor, levels, rule }: AlertFilter): boolean {
  return (
    (levels?.includes(alert.rule.level) ?? true) &&
    (rule === undefined || rule === alert.rule.id || rule === alert.rule.name) &&
    (actor === undefined || actor === alert.actor)
  )
}
