import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Alert } from '../../contracts.ts'
import { alertLine } from '../alert-json.ts'

const compress = promisify(gzip)

export interface S3Object {
  readonly key: string
  readonly body: Uint8Array<ArrayBuffer>
  readonly headers: Readonly<Record<string, string>>
}

/**
 * A batch as one object, an alert a line. Its key is a function of the first alert, and a batch that comes again begins
 * with the same one: it replaces the object of the attempt before, whose answer was lost, though more may follow in it.
 */
export async function s3Object(prefix: string, batch: readonly Alert[]): Promise<S3Object> {
  const text = batch.map((alert) => `${alertLine(alert)}\n`).join('')
  const body = Uint8Array.from(await compress(text))
  const digest = createHash('sha256').update(body)
  return {
    // A batch has at least one alert.
    key: `${prefix}${keyOf(batch[0]!)}`,
    body,
    headers: {
      'content-type': 'application/gzip',
      'x-amz-content-sha256': digest.copy().digest('hex'),
      'x-amz-checksum-sha256': digest.digest('base64'),
    },
  }
}

/** `dt=2026-01-01/hour=05/20260101T050709Z-<id>-<revision>.ndjson.gz`: what query engines know for partitions. */
function keyOf({ lastSeen, id, revision }: Alert): string {
  const time = new Date(Date.parse(lastSeen) || 0).toISOString()
  const [date, clock] = [time.slice(0, 10), time.slice(11, 19)]
  const compact = `${date}T${clock}Z`.replaceAll(/[-:]/g, '')
  const name = id.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 128)
  return `dt=${date}/hour=${clock.slice(0, 2)}/${compact}-${name}-${revision}.ndjson.gz`
}
