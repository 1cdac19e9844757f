import type { SinkLimits, StoredRecord } from '../contracts.ts'

/**
 * How long records that were read should wait in the log for company: until the oldest is `lingerMs` old. 0 when it is,
 * or when the batch is full by items, or more than half full by bytes (the next record may not have fitted).
 */
export function lingerMs(
  records: readonly StoredRecord[],
  limits: SinkLimits,
  nowMs: number,
): number {
  const oldest = records[0]
  if (oldest === undefined || records.length >= limits.maxItems) return 0
  const bytes = records.reduce((sum, record) => sum + record.value.byteLength, 0)
  if (bytes * 2 >= limits.maxBytes) return 0
  // A clock that was set back must not hold anything up for longer than the limit says.
  return Math.min(limits.lingerMs, Math.max(0, oldest.appendedAtMs + limits.lingerMs - nowMs))
}
