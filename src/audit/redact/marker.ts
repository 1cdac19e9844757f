import { createKeyedHash } from './keyed-hash.ts'

/** What became of a value, by the reason for which it was taken out. */
export type RedactionKind = 'body' | 'uri' | 'command' | 'pattern' | 'last-applied' | 'environment'

/** A stretch of text that has to go; `end` is exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * `bytes:hash`: the length of the value and its keyed hash, so that equal values stay recognisable as equal. A value is bytes, or a byte
 * string: one character a byte.
 */
export type Fingerprint = (value: string | Uint8Array) => string

const hashDigits = 12
/** No marker is as long. */
export const longestMarker = 40
const marker = /^(?:\[redacted:\d{1,10}:[0-9a-f]{12}\]|redacted:\d{1,10}:[0-9a-f]{12})$/

const markerStart = /^(?:\[redacted:\d{1,10}:[0-9a-f]{12}\]|redacted:\d{1,10}:[0-9a-f]{12})/

/** HMAC-SHA-256, so that short secrets cannot be guessed from their hash. */
export function createFingerprint(key: Uint8Array): Fingerprint {
  const keyed = createKeyedHash(key)
  return (value) => {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value
    return `${value.length}:${keyed(bytes).slice(0, hashDigits)}`
  }
}

/** The form inside JSON strings. */
export function textMarker(fingerprint: string): string {
  return `[redacted:${fingerprint}]`
}

/** The form inside a URL: needs no escape there, and splits no parameter. */
export function urlMarker(fingerprint: string): string {
  return `redacted:${fingerprint}`
}

/** The text without what differs from one key to another. */
export function withoutHashes(text: string): string {
  if (!text.includes('redacted:')) return text
  return text.replaceAll(/(redacted:\d{1,10}):[0-9a-f]{12}/g, '$1')
}

export function isMarker(value: string): boolean {
  return value.length < longestMarker && marker.test(value)
}

/** Where the marker ends that begins at a place; the place itself if none does. Patterns could take parts of one for a value. */
export function markerEnd(text: string, start: number): number {
  return start + (markerStart.exec(text.slice(start, start + longestMarker))?.[0].length ?? 0)
}

/** In order, with what overlaps or is contained made one. */
export function mergedSpans(spans: readonly Span[]): readonly Span[] {
  if (spans.length < 2) return spans
  const merged: Span[] = []
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1)
    if (last === undefined || span.start >= last.end) merged.push(span)
    else if (span.end > last.end) merged[merged.length - 1] = { start: last.start, end: span.end }
  }
  return merged
}
