import { createHash } from 'node:crypto'
import type { Redactor } from '../audit/redact/redactor.ts'
import type { SplitChunk } from '../audit/split.ts'
import type { EventBatch, LogRecord, RejectedItem } from '../contracts.ts'
import { messageOf } from '../errors.ts'

const excerptBytes = 2048

/** What could not be decoded, as it is kept aside: with reason, place, size and hash, and a redacted excerpt. */
export function rejectedItems(
  cluster: string,
  chunk: SplitChunk,
  receivedAtMs: number,
  redactor: Redactor,
): RejectedItem[] {
  return chunk.rejects.map((reject) => {
    const bytes = chunk.bytes.subarray(reject.start, reject.end)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const identity = JSON.stringify([cluster, reject.reason, sha256])
    return {
      schema: 'kubewitness.rejected/v1',
      id: createHash('sha256').update(identity).digest('hex').slice(0, 32),
      cluster,
      receivedAt: new Date(receivedAtMs).toISOString(),
      reason: reject.reason,
      message: reject.message,
      offset: reject.offset,
      bytes: bytes.length,
      sha256,
      excerpt: excerptOf(bytes, redactor),
    }
  })
}

/** The same as records of the topic `rejected`. */
export function rejectedRecords(
  cluster: string,
  chunk: SplitChunk,
  receivedAtMs: number,
  redactor: Redactor,
): LogRecord[] {
  return rejectedItems(cluster, chunk, receivedAtMs, redactor).map((item) => ({
    key: item.id,
    value: Buffer.from(JSON.stringify(item)),
  }))
}

const body = /"(?:requestObject|responseObject|data|stringData|binaryData)"\s{0,9}:.*/s

/**
 * Without what a body could hold, which in broken JSON nothing can tell from a secret; redacted first and cut
 * afterwards, so that a cut cannot take a secret out of its pattern.
 */
function excerptOf(bytes: Uint8Array, redactor: Redactor): string {
  const window = Math.min(bytes.length, excerptBytes * 8)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, window).toString('utf8')
  return redactor.redactText(text.replace(body, '[body left out]')).slice(0, excerptBytes)
}

/** An item that was stored but could not be decoded where it is evaluated: kept aside too, already redacted. */
export function undecodableItem(batch: EventBatch, item: number, error: unknown): RejectedItem {
  const start = batch.index.starts[item]!
  const bytes = batch.bytes.subarray(start, batch.index.ends[item]!)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return {
    schema: 'kubewitness.rejected/v1',
    id: createHash('sha256')
      .update(JSON.stringify([batch.cluster, 'invalid_json', sha256]))
      .digest('hex')
      .slice(0, 32),
    cluster: batch.cluster,
    receivedAt: new Date(batch.receivedAtMs).toISOString(),
    reason: 'invalid_json',
    message: messageOf(error),
    offset: start,
    bytes: bytes.length,
    sha256,
    excerpt: Buffer.from(bytes).toString('utf8').slice(0, excerptBytes),
  }
}
