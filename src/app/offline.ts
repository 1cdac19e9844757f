import { packBatch, unpackBatch } from '../audit/batch.ts'
import { decodeItem } from '../audit/event.ts'
import { unwrapChunk } from '../audit/exports/unwrap.ts'
import type { Redactor } from '../audit/redact/redactor.ts'
import { createSplitter, type SplitChunk } from '../audit/split.ts'
import type { WireObject } from '../audit/wire.ts'
import type { EventBatch, RejectedItem } from '../contracts.ts'
import type { RuleMatch, RuleSet } from '../detect/match.ts'
import { redactItems } from './intake.ts'
import { rejectedItems, undecodableItem } from './rejects.ts'

/** One match of a scan, and where its event stands: the number of the item in the whole input, from zero. */
export interface OfflineMatch {
  readonly match: RuleMatch
  readonly index: number
}

/** What came out of one window of the input. */
export interface OfflineResult {
  readonly events: number
  readonly matches: readonly OfflineMatch[]
  readonly rejected: readonly RejectedItem[]
  /** Lines of other logs in an export of a managed cluster, passed over. */
  readonly otherRecords: number
}

/**
 * What the bytes hold: audit events, which are redacted before anything looks at them, or any JSON objects, which are
 * evaluated as they are.
 */
export type OfflineInput = 'events' | 'objects'

export interface OfflineOptions {
  readonly input: OfflineInput
  readonly ruleSet: RuleSet
  readonly redactor: Redactor
  /** The name that events get as their cluster. */
  readonly cluster: string
  readonly nowMs: number
}

/**
 * Splits, redacts and evaluates a stream of bytes window by window, in memory that does not grow with it.
 * The exports of managed clusters (EKS, AKS, GKE) are told by their content and unwrapped.
 * `firstIndex` is the number of the first item, so that several inputs count through.
 */
export async function* evaluateOffline(
  input: AsyncIterable<Uint8Array>,
  firstIndex: number,
  options: OfflineOptions,
): AsyncGenerator<OfflineResult> {
  const splitter = createSplitter({ accepts: options.input === 'events' ? 'exports' : 'objects' })
  let index = firstIndex
  for await (const bytes of input) {
    const result = evaluateChunk(splitter.push(bytes), index, options)
    index += result.events
    if (result.events > 0 || result.rejected.length > 0 || result.otherRecords > 0) yield result
  }
  yield evaluateChunk(splitter.end(), index, options)
}

/** The object of that number in the input, counted from zero, as it stands; undefined when there are fewer. */
export async function findObject(
  input: AsyncIterable<Uint8Array>,
  number: number,
): Promise<WireObject | undefined> {
  const splitter = createSplitter({ accepts: 'exports' })
  let before = 0
  const find = (split: SplitChunk): WireObject | undefined => {
    const { chunk } = unwrapChunk(split)
    const item = number - before
    before += chunk.items.count
    return item < chunk.items.count
      ? decodeItem(plainBatch(chunk, { cluster: '', nowMs: 0 }), item)
      : undefined
  }
  for await (const bytes of input) {
    const found = find(splitter.push(bytes))
    if (found !== undefined) return found
  }
  return find(splitter.end())
}

function evaluateChunk(
  split: SplitChunk,
  firstIndex: number,
  options: OfflineOptions,
): OfflineResult {
  const { chunk, otherRecords } =
    options.input === 'events' ? unwrapChunk(split) : { chunk: split, otherRecords: 0 }
  const rejected = rejectedItems(options.cluster, chunk, options.nowMs, options.redactor)
  if (chunk.items.count === 0) return { events: 0, matches: [], rejected, otherRecords }
  const batch =
    options.input === 'events' ? redactedBatch(chunk, options) : plainBatch(chunk, options)
  const result = options.ruleSet.matchBatch(batch)
  const undecodable = result.undecodable.map(({ item, error }) =>
    undecodableItem(batch, item, error),
  )
  return {
    events: chunk.items.count,
    matches: result.matches.map((match) => ({ match, index: firstIndex + match.itemNumber })),
    rejected: [...rejected, ...undecodable],
    otherRecords,
  }
}

function plainBatch(
  { bytes, items }: SplitChunk,
  options: Pick<OfflineOptions, 'cluster' | 'nowMs'>,
): EventBatch {
  return { cluster: options.cluster, sender: '', receivedAtMs: options.nowMs, bytes, index: items }
}

function redactedBatch(chunk: SplitChunk, options: OfflineOptions): EventBatch {
  const { cluster, nowMs, redactor } = options
  const replacements = redactItems(chunk, redactor)
  if (replacements.size === 0) return plainBatch(chunk, options)
  const { bytes, items } = chunk
  return unpackBatch(packBatch({ cluster, sender: '', bytes, items, replacements }), nowMs)
}
