import { createHash } from 'node:crypto'
import type { Redactor } from '../audit/redact/redactor.ts'
import type { SplitChunk } from '../audit/split.ts'
import type { EventBatch, LogRecord, RejectedItem, StoredRecord } from '../contracts.ts'
import { messageOf } from '../errors.ts'

const excerptBytes = 2048

/** What could not be decoded, as it is kept aside: with reason, place, size and hash, and a redacted excerpt. */
export function rejectedItems(
  cluster: string,
  chunk: SplitChunk,
  receivedAtMs: number,
  redactor: Redactor,
): RejectedItem[] {
  return chunk.rejects.map(({ reason, message, offset, start, end }) => {
    const bytes = chunk.bytes.subarray(start, end)
    const excerpt = excerptOf(bytes, redactor)
    return rejectedItem({ cluster, receivedAtMs, reason, message, offset, bytes, excerpt })
  })
}

/** An item that was stored, and so is redacted, but could not be decoded where it is evaluated. */
export function undecodableItem(batch: EventBatch, item: number, error: unknown): RejectedItem {
  const offset = batch.index.starts[item]!
  const bytes = batch.bytes.subarray(offset, batch.index.ends[item]!)
  return rejectedItem({
    cluster: batch.cluster,
    receivedAtMs: batch.receivedAtMs,
    reason: 'invalid_json',
    message: messageOf(error),
    offset,
    bytes,
    excerpt: textOf(bytes).slice(0, excerptBytes),
  })
}

/** A stored batch that cannot be opened, as a whole; whose it is nobody knows. Its bytes are compressed: no excerpt. */
export function unreadableBatch(record: StoredRecord, error: unknown): RejectedItem {
  return rejectedItem({
    cluster: '',
    receivedAtMs: record.appendedAtMs,
    reason: 'unreadable_batch',
    message: messageOf(error),
    offset: 0,
    bytes: record.value,
    excerpt: '',
  })
}

/** Rejected items as records of their topic: the same content of a cluster is kept once. */
export function rejectedRecords(items: readonly RejectedItem[]): LogRecord[] {
  return items.map((item) => ({ key: item.id, value: Buffer.from(JSON.stringify(item)) }))
}

type Rejection = Pick<RejectedItem, 'cluster' | 'reason' | 'message' | 'offset' | 'excerpt'> & {
  readonly receivedAtMs: number
  readonly bytes: Uint8Array
}

function rejectedItem(rejection: Rejection): RejectedItem {
  const { cluster, reason, message, offset, excerpt, receivedAtMs, bytes } = rejection
  const sha256 = hashOf(bytes)
  return {
    schema: 'kubewitness.rejected/v1',
    id: hashOf(JSON.stringify([cluster, reason, sha256])).slice(0, 32),
    cluster,
    receivedAt: new Date(receivedAtMs).toISOString(),
    reason,
    message,
    offset,
    bytes: bytes.length,
    sha256,
    excerpt,
  }
}

const body = /"(?:requestObject|responseObject|data|stringData|binaryData)"\s{0,9}:.*/s

/**
 * Without what a body could hold, which in broken JSON nothing can tell from a secret; redacted first and cut
 * afterwards, so that a cut cannot take a secret out of its pattern.
 */
function excerptOf(bytes: Uint8Array, redactor: Redactor): string {
  const text = textOf(bytes.subarray(0, excerptBytes * 8))
  return redactor.redactText(text.replace(body, '[body left out]')).slice(0, excerptBytes)
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
