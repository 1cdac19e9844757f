import { at, isWireObject, textOf } from '../wire.ts'
import { eventOfLogEntry, isLogEntry } from './cloud-logging.ts'

/** What a record of an export holds: an audit event as JSON text, or a line of another log. */
export type ExportedRecord =
  | { readonly kind: 'event'; readonly json: string }
  | { readonly kind: 'otherLog' }

/**
 * The audit event in one record of a managed cluster's export, told by content; undefined if it is no such record.
 *
 * - EKS, by CloudWatch Logs: `message` of a log event (GetLogEvents, FilterLogEvents, a subscription), `@message` of an
 *   Insights row. The other streams of the log group (`kube-apiserver-…`, `authenticator-…`) are other logs.
 * - AKS, by Azure Monitor: `properties.log` of a resource log of the category `kube-audit` or `kube-audit-admin`;
 *   `log_s` of a row of the table AzureDiagnostics.
 * - GKE, by Cloud Logging: a LogEntry, converted.
 *
 * The text is not checked: it may be cut or broken.
 */
export function exportedRecord(record: unknown): ExportedRecord | undefined {
  if (isLogEntry(record)) {
    const event = eventOfLogEntry(record)
    return event === undefined ? otherLog : { kind: 'event', json: JSON.stringify(event) }
  }
  const found =
    azureMonitor(record) ?? cloudWatch(Array.isArray(record) ? fromFields(record) : record)
  if (found === undefined) return undefined
  const { message, isAudit } = found
  if (isWireObject(message)) return { kind: 'event', json: JSON.stringify(message) }
  // The other logs are lines of plain text.
  const json = textOf(message)
  if (isAudit !== false && json.trimStart().startsWith('{')) return { kind: 'event', json }
  return isAudit === undefined ? undefined : otherLog
}

const otherLog = { kind: 'otherLog' } as const

interface Found {
  readonly message: unknown
  /** Undefined when the record does not tell whether it is of an export at all: its message decides. */
  readonly isAudit: boolean | undefined
}

const auditCategories = new Set(['kube-audit', 'kube-audit-admin'])

function azureMonitor(record: unknown): Found | undefined {
  const category = at(record, 'category') ?? at(record, 'Category')
  if (typeof category !== 'string') return undefined
  const message = at(at(record, 'properties'), 'log') ?? at(record, 'log_s')
  return message === undefined ? undefined : { message, isAudit: auditCategories.has(category) }
}

function cloudWatch(record: unknown): Found | undefined {
  const message = at(record, 'message') ?? at(record, '@message')
  if (message === undefined) return undefined
  const stream = at(record, 'logStreamName') ?? at(record, '@logStream')
  if (typeof stream === 'string') {
    return { message, isAudit: stream.startsWith('kube-apiserver-audit') }
  }
  const isCertain = typeof at(record, 'timestamp') === 'number' || at(record, '@ptr') !== undefined
  // Certain to be a line of a log group, where the message tells the logs apart.
  return { message, isAudit: isCertain ? true : undefined }
}

/** A row of GetQueryResults: `[{field, value}, …]`. */
function fromFields(row: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(
    row.map((cell) => [textOf(at(cell, 'field')), textOf(at(cell, 'value'))]),
  )
}
