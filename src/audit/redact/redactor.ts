import { ByteReader } from './byte-reader.ts'
import { Candidates } from './candidates.ts'
import { Document } from './document.ts'
import { redactEvent } from './item.ts'
import { createFingerprint, type RedactionKind, textMarker } from './marker.ts'
import { replaced } from './replaced.ts'
import { Tape } from './tape.ts'
import { findInUndecoded } from './undecoded.ts'
import { mayHoldCredential } from './uri-glance.ts'

export type { RedactionKind } from './marker.ts'

/** What the splitter knows of an item: places in the bytes of the body. */
export interface ItemHints {
  /** Between the quotes of `requestURI`; 0, 0 without one. */
  readonly uriStart: number
  readonly uriEnd: number
  readonly hasBody: boolean
}

/**
 * Takes credentials out of audit events before they are stored. What it takes out, it replaces by `[redacted:24:9f86d081884c]`
 * (in URLs `redacted:24:9f86d081884c`): the length in bytes and a keyed hash. The request of a CertificateSigningRequest
 * becomes an object, in which the marker stands beside the names that the certificate is asked for. It never changes its
 * input, never throws for what is in it, and redacting twice changes nothing more.
 */
export interface Redactor {
  /**
   * The redacted copy of the item `[start, end)`, everything else in it byte for byte as it was; undefined when nothing had to
   * be taken out. The item is valid JSON.
   */
  redactItem(
    bytes: Uint8Array,
    start: number,
    end: number,
    hints: ItemHints,
  ): Uint8Array | undefined
  /** The same for text that could not be decoded: by patterns only, and rather too much than too little. */
  redactText(text: string): string
  /** Searches a whole body at once, before its items: it is cheaper than one by one. Not needed, and ended by the next call. */
  prepare(bytes: Uint8Array): void
  /** How many values were taken out since the last call, by kind. */
  takeCounts(): Readonly<Partial<Record<RedactionKind, number>>>
}

/** A redactor whose markers are equal for equal values as long as the key is the same. */
export function createRedactor({ key }: { readonly key: Uint8Array }): Redactor {
  const fingerprint = createFingerprint(key)
  let counts: Partial<Record<RedactionKind, number>> = {}
  const count = (kind: RedactionKind): void => {
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  const readers: ByteReader[] = []
  const readerAt = (nesting: number): ByteReader => {
    const reader = readers[nesting] ?? new ByteReader()
    readers[nesting] = reader
    return reader
  }
  const redaction = { fingerprint, count, readerAt }
  const reader = readerAt(0)
  /** Of all bytes that were prepared; of one item. */
  const inAll = new Candidates(reader)
  const inItem = new Candidates(reader)
  let prepared: Uint8Array | undefined
  let viewed: Uint8Array | undefined
  let view: DataView = new DataView(new ArrayBuffer(0))

  const mayHoldCandidate = (bytes: Uint8Array, start: number, end: number): boolean => {
    if (bytes === prepared) return inAll.anyIn(start, end)
    reader.fill(bytes, start, end)
    inItem.takeItem(bytes, start, end, false)
    return inItem.anyIn(start, end)
  }
  return {
    prepare: (bytes) => {
      prepared = bytes
      inAll.take(bytes)
    },
    redactItem: (bytes, start, end, { uriStart, uriEnd, hasBody }) => {
      if (bytes !== prepared) prepared = undefined
      if (!hasBody) {
        if (bytes !== viewed) view = viewOf(bytes)
        viewed = bytes
        if (!mayHoldCandidate(bytes, start, end) && !mayHoldCredential(view, uriStart, uriEnd))
          return undefined
      }
      reader.fill(bytes, start, end)
      inItem.takeItem(bytes, start, end, true)
      const tape = new Tape(reader, end - start, start)
      const event = new Document(redaction, bufferOf(bytes), inItem, tape, 0)
      redactEvent(event)
      return event.edits.isEmpty ? undefined : event.edits.apply(bytes, start, end)
    },
    redactText: (text) =>
      replaced(text, findInUndecoded, (value) => {
        count('pattern')
        return textMarker(fingerprint(value))
      }),
    takeCounts: () => {
      const taken = counts
      counts = {}
      return taken
    },
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
