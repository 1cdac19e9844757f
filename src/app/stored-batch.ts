import { unpackBatch } from '../audit/batch.ts'
import type { EventBatch, StoredRecord } from '../contracts.ts'
import { unpack } from '../util/zstd.ts'

/** One stored batch never unpacks to more; a body is limited to less. */
const maxBatchBytes = 1 << 30

/** The batch in a record of the topic `events`; its bytes belong to whoever asked, who asks once. */
export function openBatch({ value, opened, appendedAtMs }: StoredRecord): EventBatch {
  return unpackBatch(opened ?? unpack(value, maxBatchBytes), appendedAtMs)
}
