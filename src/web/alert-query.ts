import type { Alert, Level, Log, StoredRecord } from '../contracts.ts'
import { type Cursor, encodeCursor } from './cursor.ts'
import { type Page, parseRecord, scanNewestFirst } from './scan.ts'

export interface AlertFilter {
  readonly limit: number
  readonly cursor?: Cursor
  /** Any of these. */
  readonly levels?: readonly Level[]
  /** Id or name. */
  readonly rule?: string
  readonly actor?: string
}

/** An alert as the API gives it. */
export interface AlertView extends Alert {
  /** The silence by which sinks are not told of it now, or were not when this revision came. */
  readonly silenced?: { readonly id: string; readonly endsAt: string }
}

/** An alert, and all that was told of it before, the first revision first. */
export interface AlertHistory {
  readonly alert: AlertView
  readonly revisions: readonly AlertView[]
}

export interface AlertQuery {
  list(filter: AlertFilter): Promise<Page<AlertView>>
  /** Undefined when there is none of that id. */
  history(id: string): Promise<AlertHistory | undefined>
}

/** The topic of alerts, whose keys are `<id>:<revision>`. */
export interface AlertRecords {
  readonly browse: (query: Parameters<Log['browse']>[1]) => ReturnType<Log['browse']>
  readonly find: (keys: readonly string[]) => ReturnType<Log['find']>
  readonly findByPrefix: (prefix: string, limit: number) => ReturnType<Log['findByPrefix']>
}

/** The silence that holds for it now, or did at the time. */
export type SilencedBy = (alert: Alert, storedAtMs: number) => AlertView['silenced']

/** The last so many are given. */
const maxRevisions = 1000

/**
 * `list`: newest first, each id once in its newest revision, and standing where that one was appended. The pages of one
 * listing show what there was when its first one was asked for, whatever comes meanwhile.
 */
export function createAlertQuery(
  records: AlertRecords,
  silencedBy: SilencedBy = () => undefined,
): AlertQuery {
  const viewOf = (alert: Alert, storedAtMs: number): AlertView => {
    const silenced = silencedBy(alert, storedAtMs)
    return silenced === undefined ? alert : { ...alert, silenced }
  }
  return {
    list: async (filter) => {
      const items: AlertView[] = []
      let newestOffset = filter.cursor?.newest
      let current = new Map<number, Alert>()
      const scan = await scanNewestFirst(records.browse, {
        after: filter.cursor?.after,
        begin: async (page) => {
          newestOffset ??= page[0]?.position.offset
          current = await currentAlerts(page, newestOffset ?? 0, records)
        },
        visit: ({ appendedAtMs, position }) => {
          const alert = current.get(position.offset)
          if (alert === undefined || !passes(alert, filter)) return true
          items.push(viewOf(alert, appendedAtMs))
          return items.length < filter.limit
        },
      })
      const isAtEnd = scan.isAtEnd || scan.after === undefined || newestOffset === undefined
      const next = isAtEnd ? null : encodeCursor({ after: scan.after!, newest: newestOffset! })
      return { items, next }
    },
    history: async (id) => {
      const found = await records.findByPrefix(`${id}:`, maxRevisions)
      const revisions = found
        .flatMap((record) => {
          const parsed = parseRecord<Alert>(record, 'kubewitness.alert/v1')
          return parsed === undefined ? [] : [viewOf(parsed, record.appendedAtMs)]
        })
        .sort((a, b) => a.revision - b.revision)
      const alert = revisions.at(-1)
      return alert && { alert, revisions }
    },
  }
}

/** The alerts of those records that no later one up to the newest offset has replaced, by offset. */
async function currentAlerts(
  page: readonly StoredRecord[],
  newestOffset: number,
  { find }: AlertRecords,
): Promise<Map<number, Alert>> {
  const alerts = page.flatMap((record) => {
    const alert = parseRecord<Alert>(record, 'kubewitness.alert/v1')
    return alert === undefined ? [] : [{ alert, offset: record.position.offset }]
  })
  const nextKey = ({ id, revision }: Alert): string => `${id}:${revision + 1}`
  // Nothing comes after the end of an alert.
  const open = alerts.filter(({ alert }) => alert.status !== 'closed')
  const later = await find(open.map(({ alert }) => nextKey(alert)))
  const replaced = new Set(
    later.filter(({ position }) => position.offset <= newestOffset).map(({ key }) => key),
  )
  return new Map(
    alerts
      .filter(({ alert }) => !replaced.has(nextKey(alert)))
      .map(({ alert, offset }) => [offset, alert]),
  )
}

function passes(alert: Alert, { actor, levels, rule }: AlertFilter): boolean {
  return (
    (levels?.includes(alert.rule.level) ?? true) &&
    (rule === undefined || rule === alert.rule.id || rule === alert.rule.name) &&
    (actor === undefined || actor === alert.actor)
  )
}
