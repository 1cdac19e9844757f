import { endOfString, endOfValue, membersOf, textMember } from './json-bytes.ts'
import { createMarker, type RedactionKind } from './marker.ts'
import { needles, redactPatterns, redactUnknown } from './patterns.ts'
import { isSensitiveKind, kindNeedles } from './sensitive.ts'
import { redactUri, suspiciousQuery } from './uri.ts'
import {
  type Edit,
  editString,
  refersToSensitive,
  type WalkContext,
  walkOrdinary,
  walkPatterns,
  walkSensitive,
} from './walk.ts'

/** What the splitter knows of an item; positions are absolute, 0,0 = no requestURI. */
export interface ItemHints {
  readonly uriStart: number
  readonly uriEnd: number
  /** requestObject or responseObject is there. */
  readonly hasBody: boolean
}

/**
 * Takes secrets out of audit events before anything is stored: bodies of Secrets, ConfigMaps, TokenReviews,
 * TokenRequests and CSRs by an allow-list; credentials in requestURI, commands and environments; tokens in any text.
 * Each is replaced by a marker with its length and a keyed hash. Everything else stays byte for byte as it was.
 */
export interface Redactor {
  /** To be called once for a body before its items. */
  prepare(bytes: Uint8Array): void
  /** The item [start, end), valid JSON, without its secrets; undefined when it has none. */
  redactItem(
    bytes: Uint8Array,
    start: number,
    end: number,
    hints: ItemHints,
  ): Uint8Array | undefined
  /** Any text, also what could not be decoded. */
  redactText(text: string): string
  /** How many values were taken out since the last call. */
  takeCounts(): Readonly<Partial<Record<RedactionKind, number>>>
}

export function createRedactor(options: { readonly key: Uint8Array }): Redactor {
  const marker = createMarker(options.key)
  /** Where in the prepared body a pattern might match, ascending, and how far items have been looked at. */
  let suspects: readonly number[] = []
  let next = 0

  const hasSuspect = (start: number, end: number): boolean => {
    if (next > 0 && (suspects[next - 1] ?? -1) >= start) next = 0
    while (next < suspects.length && (suspects[next] ?? 0) < start) next++
    return (suspects[next] ?? Number.POSITIVE_INFINITY) < end
  }

  return {
    prepare: (bytes) => {
      suspects = placesOf(bytes, needles)
      next = 0
    },
    redactItem: (bytes, start, end, hints) => {
      const mayMatchPatterns = hasSuspect(start, end)
      const hasSuspiciousUri = suspiciousQuery.test(queryOf(bytes, hints))
      if (!mayMatchPatterns && !hasSuspiciousUri && !hints.hasBody) return undefined
      const mayNestKinds =
        hints.hasBody && kindNeedles.some((needle) => latin1(bytes, start, end).includes(needle))
      const context: WalkContext = { bytes, marker, mayNestKinds, mayMatchPatterns, edits: [] }
      walkItem(context, start)
      return context.edits.length === 0 ? undefined : splice(bytes, start, end, context.edits)
    },
    redactText: (text) => redactUnknown(text, marker),
    takeCounts: marker.takeCounts,
  }
}

function walkItem(context: WalkContext, start: number): void {
  const { bytes, marker } = context
  const isSensitive = refersToSensitive(bytes, start)
  for (const { key, valueStart } of membersOf(bytes, start)) {
    if (key === 'requestURI' && bytes[valueStart] === 0x22) {
      editString(context, valueStart, endOfString(bytes, valueStart), (text) =>
        redactUri(text, marker),
      )
    } else if (key === 'requestObject' || key === 'responseObject') {
      walkBody(context, valueStart, isSensitive)
    } else if (context.mayMatchPatterns) {
      walkPatterns(context, valueStart)
    }
  }
}

function walkBody(context: WalkContext, start: number, isSensitive: boolean): void {
  const { bytes, marker } = context
  if (
    isSensitive ||
    (bytes[start] === 0x7b &&
      context.mayNestKinds &&
      isSensitiveKind(textMember(bytes, start, 'kind')))
  ) {
    walkSensitive(context, start, bytes[start] === 0x22 ? 'opaque' : 'checked', '')
  } else if (bytes[start] === 0x22) {
    // A body that is a text: a patch that was no JSON. Nothing is known of it.
    editString(context, start, endOfValue(bytes, start), (text) =>
      redactUnknown(redactPatterns(text, marker), marker),
    )
  } else {
    walkOrdinary(context, start, '')
  }
}

/** The query of requestURI as it stands in the bytes; without one there is nothing in a URI that `needles` do not find. */
function queryOf(bytes: Uint8Array, { uriStart, uriEnd }: ItemHints): string {
  for (let i = uriStart; i < uriEnd; i++) if (bytes[i] === 0x3f) return latin1(bytes, i + 1, uriEnd)
  return ''
}

function placesOf(bytes: Uint8Array, texts: readonly string[]): number[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const places: number[] = []
  for (const text of texts) {
    const isAt = text === '@'
    for (
      let at = buffer.indexOf(text, 0, 'latin1');
      at >= 0;
      at = buffer.indexOf(text, at + 1, 'latin1')
    ) {
      if (!isAt || followsUserInfo(bytes, at)) places.push(at)
    }
  }
  return places.sort((a, b) => a - b)
}

/** Whether what stands before an `@` may be the `://user:password` of a URL; most are names of people. */
function followsUserInfo(bytes: Uint8Array, at: number): boolean {
  for (let i = at - 1; i >= 0 && at - i < 800; i--) {
    const byte = bytes[i]
    if (byte === 0x2f) return bytes[i - 1] === 0x2f || bytes[i - 1] === 0x5c
    if (byte === 0x22 || byte === 0x20) return false
  }
  return at >= 800
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}

function splice(bytes: Uint8Array, start: number, end: number, edits: readonly Edit[]): Uint8Array {
  const parts: Uint8Array[] = []
  let at = start
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(bytes.subarray(at, edit.start), Buffer.from(edit.text))
    at = edit.end
  }
  parts.push(bytes.subarray(at, end))
  return Buffer.concat(parts)
}
