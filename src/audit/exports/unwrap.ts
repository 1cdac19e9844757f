import type { SplitReject } from '../reject.ts'
import { createBodySplitter, type SplitChunk } from '../split.ts'
import { exportedRecord } from './record.ts'

/** A chunk in which the events stand by themselves, and how many records of other logs were passed over. */
export interface UnwrappedChunk {
  readonly chunk: SplitChunk
  readonly otherRecords: number
}

/** RFC 3339, as CloudWatch Logs writes it before each line of an export to S3. */
const lineTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/**
 * Takes the audit events out of the records of a managed cluster's export, which a split leaves as rejects; everything
 * else is as it was, in the same order. What is broken inside a record is a reject at the place of the record.
 */
export function createUnwrapper(): (chunk: SplitChunk) => UnwrappedChunk {
  // Most input is no export.
  let splitBody: SplitBody | undefined
  return (chunk) => {
    if (chunk.rejects.length === 0) return { chunk, otherRecords: 0 }
    splitBody ??= createBodySplitter()
    return unwrapped(chunk, splitBody)
  }
}

type SplitBody = ReturnType<typeof createBodySplitter>

function unwrapped(chunk: SplitChunk, splitBody: SplitBody): UnwrappedChunk {
  const { bytes, items } = chunk
  const events: { readonly start: number; readonly bytes: Uint8Array }[] = []
  const kept: (SplitReject & { readonly bytes: Uint8Array })[] = []
  let otherRecords = 0
  for (const reject of chunk.rejects) {
    const rejected = bytes.subarray(reject.start, reject.end)
    const record = recordIn(reject, rejected)
    if (record === 'time') continue
    if (record?.kind === 'otherLog') otherRecords++
    else if (record === undefined) kept.push({ ...reject, bytes: rejected })
    else {
      const inner = splitBody(Buffer.from(record.json))
      for (const { bytes: each } of itemsOf(inner))
        events.push({ start: reject.start, bytes: each })
      for (const { reason, message, start, end } of inner.rejects) {
        kept.push({ ...reject, reason, message, bytes: inner.bytes.subarray(start, end) })
      }
    }
  }
  if (kept.length === chunk.rejects.length && events.length === 0) return { chunk, otherRecords }
  if (items.count > 0 && events.length > 0) events.push(...itemsOf(chunk))
  const isRebuilt = events.length > 0
  const sound = isRebuilt ? joined(events.toSorted((a, b) => a.start - b.start)) : undefined
  return { chunk: withRejects(sound === undefined ? chunk : splitBody(sound), kept), otherRecords }
}

function recordIn(reject: SplitReject, bytes: Uint8Array) {
  switch (reject.reason) {
    case 'not_an_event':
    case 'not_an_object': {
      const value: unknown = JSON.parse(Buffer.from(bytes).toString())
      return exportedRecord(value)
    }
    case 'invalid_json':
      return bytes.length < 40 && lineTime.test(Buffer.from(bytes).toString().trim())
        ? 'time'
        : undefined
    default:
      return undefined
  }
}

function itemsOf({ bytes, items }: SplitChunk): { start: number; bytes: Uint8Array }[] {
  return Array.from(items.starts, (start, i) => ({
    start,
    bytes: bytes.subarray(start, items.ends[i]),
  }))
}

const newline = Buffer.from('\n')

function joined(events: readonly { readonly bytes: Uint8Array }[]): Uint8Array {
  return Buffer.concat(events.flatMap(({ bytes }) => [bytes, newline]))
}

/** The chunk with these rejects, whose bytes are put behind its own. */
function withRejects(
  chunk: SplitChunk,
  kept: readonly (SplitReject & { readonly bytes: Uint8Array })[],
): SplitChunk {
  let end = chunk.bytes.length
  const rejects = kept.map(({ bytes, ...reject }) => {
    const start = end
    end += bytes.length
    return { ...reject, start, end }
  })
  return { ...chunk, rejects, bytes: Buffer.concat([chunk.bytes, ...kept.map((one) => one.bytes)]) }
}
