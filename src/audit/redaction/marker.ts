import { createHmac } from 'node:crypto'

export type RedactionKind = 'body' | 'uri' | 'command' | 'pattern' | 'last-applied' | 'environment'

/** Puts a marker in the place of a value. */
export interface Marker {
  /** `[redacted:24:9f86d081884c]`: the length in characters and a keyed hash, so that equal values stay recognisable as equal. */
  text(value: string, kind: RedactionKind): string
  /** The same without brackets, for places where those would have to be escaped: URLs. */
  bare(value: string, kind: RedactionKind): string
  /** How many were placed since the last call. */
  takeCounts(): Partial<Record<RedactionKind, number>>
}

const hashDigits = 12

/** Markers under a key. A value that is a marker stays as it is, so that redacting twice changes nothing more. */
export function createMarker(key: Uint8Array): Marker {
  let counts: Partial<Record<RedactionKind, number>> = {}
  const bare = (value: string, kind: RedactionKind): string => {
    if (isMarker(value)) return value
    counts[kind] = (counts[kind] ?? 0) + 1
    const hash = createHmac('sha256', key).update(value).digest('hex').slice(0, hashDigits)
    return `redacted:${value.length}:${hash}`
  }
  return {
    bare,
    text: (value, kind) => (isMarker(value) ? value : `[${bare(value, kind)}]`),
    takeCounts: () => {
      const taken = counts
      counts = {}
      return taken
    },
  }
}

const marker = /^\[?redacted(?::|%3[Aa])\d+(?::|%3[Aa])[0-9a-f]{12}\]?$/

export function isMarker(text: string): boolean {
  return text.length < 60 && marker.test(text)
}
