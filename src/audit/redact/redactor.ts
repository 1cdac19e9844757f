import { Candidates } from './candidates.ts'
import { meaningOfKey, redactEvent } from './item.ts'
import { KeyMemo } from './key-memo.ts'
import { createFingerprint, type RedactionKind, textMarker } from './marker.ts'
import { replaced } from './replaced.ts'
import { rolesOf } from './roles.ts'
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
  const redaction = {
    fingerprint,
    count,
    keyRoles: new KeyMemo(rolesOf),
    keyMeanings: new KeyMemo(meaningOfKey),
  }
  const candidates = new Candidates()
  const tape = new Tape()
  let prepared: Uint8Array | undefined
  let buffer: Buffer = Buffer.alloc(0)
  let view = new DataView(buffer.buffer)
  const look = (bytes: Uint8Array, start: number, end: number): void => {
    buffer = bufferOf(bytes)
    candidates.search(buffer, start, end)
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  return {
    prepare: (bytes) => {
      look(bytes, 0, bytes.length)
      prepared = bytes
    },
    redactItem: (bytes, start, end, { uriStart, uriEnd, hasBody }) => {
      if (bytes !== prepared) {
        look(bytes, start, end)
        prepared = undefined
      }
      const mayHold =
        hasBody || candidates.anyIn(start, end) || mayHoldCredential(view, uriStart, uriEnd)
      if (!mayHold) return undefined
      candidates.searchBody(buffer, start, end)
      return redactEvent(redaction, buffer, start, end, candidates, tape)
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

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
