import { toAuditEvent } from '../../../src/audit/event.ts'
import { createFieldReader } from '../../../src/audit/fields.ts'

/** What a rule reads of an event. */
export function readField(
  raw: Readonly<Record<string, unknown>>,
  path: string,
): readonly unknown[] | undefined {
  return createFieldReader(toAuditEvent(raw, { cluster: 'c', receivedAtMs: 0 })).read(path)
}
