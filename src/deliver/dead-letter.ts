import { createHash } from 'node:crypto'
import type { Alert, AuditEvent, LogRecord, StoredRecord } from '../contracts.ts'
import { messageOf } from '../errors.ts'

/** An alert or event that a sink will never take, kept aside in the topic `dead-letter`. */
export interface DeadLetter {
  readonly schema: 'kubewitness.dead-letter/v1'
  readonly sink: string
  /** Null when the record held none; then `value` has its bytes, or `event` what was refused. */
  readonly alert: Alert | null
  /** As it is stored. */
  readonly event?: AuditEvent['raw']
  /** The record's bytes as base64. */
  readonly value?: string
  readonly error: string
  /** RFC 3339, UTC. */
  readonly at: string
}

/** Of an alert that the sink refused. The same refusal after a restart has the same key. */
export function refusedLetter(
  sink: string,
  alert: Alert,
  error: unknown,
  nowMs: number,
): LogRecord {
  return toRecord(`${sink}/${alert.id}/${alert.revision}`, {
    schema: 'kubewitness.dead-letter/v1',
    sink,
    alert,
    error: messageOf(error),
    at: new Date(nowMs).toISOString(),
  })
}

/** Of an event that the archive of a sink refused. */
export function refusedEventLetter(
  sink: string,
  event: AuditEvent,
  error: unknown,
  nowMs: number,
): LogRecord {
  return toRecord(`${sink}/${event.id}`, {
    schema: 'kubewitness.dead-letter/v1',
    sink,
    alert: null,
    event: event.raw,
    error: messageOf(error),
    at: new Date(nowMs).toISOString(),
  })
}

/** Of a record that holds no alert. */
export function undecodableLetter(
  sink: string,
  record: StoredRecord,
  reason: string,
  nowMs: number,
): LogRecord {
  const hash = createHash('sha256').update(record.value).digest('hex').slice(0, 32)
  return toRecord(`${sink}/undecodable/${hash}`, {
    schema: 'kubewitness.dead-letter/v1',
    sink,
    alert: null,
    value: Buffer.from(record.value).toString('base64'),
    error: `decoding a record of the topic ${record.position.topic}: ${reason}`,
    at: new Date(nowMs).toISOString(),
  })
}

function toRecord(key: string, letter: DeadLetter): LogRecord {
  return { key, value: new TextEncoder().encode(JSON.stringify(letter)) }
}
