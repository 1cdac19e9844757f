import { ItemScanner } from './item-scan.ts'
import type { SplitItems } from './item-table.ts'
import type { SplitReject } from './reject.ts'
import { Splitting } from './splitting.ts'

export type { ItemPlaces, SplitItems } from './item-table.ts'
export type { SplitReject } from './reject.ts'

/** What one stretch of input held. `items` and `rejects` point into `bytes`. */
export interface SplitChunk {
  readonly bytes: Uint8Array
  readonly items: SplitItems
  readonly rejects: readonly SplitReject[]
}

export interface SplitOptions {
  /** Containers in one another, the item itself being the first. */
  readonly maxDepth?: number
  /** Also the bound on what is held between two chunks. */
  readonly maxItemBytes?: number
  /**
   * `objects`: any JSON object is an event, and a list has to have both `items` and a kind that says so. `exports`: events,
   * and every object that is none is a reject of its own, however many in a row, for who looks for events in it.
   * Default: `events`.
   */
  readonly accepts?: 'events' | 'objects' | 'exports'
  /** Note where values stand, as `SplitItems.places`. Default: no. */
  readonly notesPlaces?: boolean
}

export interface Splitter {
  /** Takes the next bytes, of any number. What comes of them points into a copy: their memory may be used again at once. */
  push(chunk: Uint8Array): SplitChunk
  /** There are no more bytes. Called once. */
  end(): SplitChunk
}

/**
 * Finds the audit events in one whole body, in one pass, without decoding them. Never throws.
 *
 * Understands, by content: an EventList (`items` anywhere in it; null or missing is none; the lists of cloud exports alike), one event, an array of events
 * or of EventLists, and any of these one after another, as JSON lines or otherwise. An item is taken exactly if
 * `JSON.parse` takes its bytes, they are UTF-8, it is an object with one of the keys `auditID`, `stage`, `verb` and
 * `requestURI`, a `kind` in it is `Event`, and it keeps the limits. Everything else is a reject, and costs its
 * neighbours nothing, unless it takes them in as valid JSON (an array that was opened and never closed).
 */
export function splitBody(bytes: Uint8Array, options: SplitOptions = {}): SplitChunk {
  return createBodySplitter(options)(bytes)
}

/** `splitBody` for one body after the other, which uses the memory of its scanner again. */
export function createBodySplitter(options: SplitOptions = {}): (bytes: Uint8Array) => SplitChunk {
  const scanner = new ItemScanner()
  return (bytes) => new Splitting(options, scanner).run(bytes, true)
}

const LONG_BYTES = 65_536

/** The same for input that comes in pieces, in bounded memory: items and rejects are the same for any cut. */
export function createSplitter(options: SplitOptions = {}): Splitter {
  const splitting = new Splitting(options, new ItemScanner())
  const emptyChunk = splitting.run(new Uint8Array(0), false)
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  // A long unfinished item is looked at again only when its bytes have doubled, or it would cost their square.
  let wantedBytes = 0
  const take = (isFinal: boolean) => {
    const bytes = Buffer.concat(pending, pendingBytes)
    const chunk = splitting.run(bytes, isFinal)
    // A copy, so that a small rest does not keep the whole chunk in memory.
    const rest = new Uint8Array(bytes.subarray(splitting.position))
    pending = [rest]
    pendingBytes = rest.length
    wantedBytes =
      rest.length < LONG_BYTES
        ? 0
        : Math.min(2 * rest.length, Math.max(rest.length, splitting.maxItemBytes) + 1)
    return chunk
  }
  return {
    push: (chunk) => {
      pendingBytes += chunk.length
      const isEnough = pendingBytes >= wantedBytes
      pending.push(isEnough ? chunk : new Uint8Array(chunk))
      return isEnough ? take(false) : emptyChunk
    },
    end: () => take(true),
  }
}
