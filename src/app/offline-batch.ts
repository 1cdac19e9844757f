import { packBatch, unpackBatch } from '../audit/batch.ts'
import { decodeItem, timeOf } from '../audit/event.ts'
import type { Redactor } from '../audit/redact/redactor.ts'
import type { SplitChunk } from '../audit/split.ts'
import type { EventBatch } from '../contracts.ts'
import { redactItems } from './intake.ts'

export interface BatchOptions {
  /** The name that events get as their cluster. */
  readonly cluster: string
  readonly nowMs: number
}

/** Objects of any kind, with the times of all of them: none is written as an API server does. */
export function objectBatch(
  chunk: SplitChunk,
  options: BatchOptions & { readonly timeField?: string | undefined },
): EventBatch {
  const batch = plainBatch(chunk, options)
  const { timeField } = options
  const isScanned = timeField === undefined || timeField === 'stageTimestamp'
  const timesUs = chunk.items.timesUs.map((timeUs, item) =>
    timeUs > 0 && isScanned ? timeUs : timeOf(decodeItem(batch, item), timeField),
  )
  return { ...batch, index: { ...batch.index, timesUs } }
}

/** What was split, as it is. */
export function plainBatch(
  { bytes, items }: SplitChunk,
  { cluster, nowMs }: BatchOptions,
): EventBatch {
  return { cluster, sender: '', receivedAtMs: nowMs, bytes, index: items }
}

/** Audit events without their secrets. */
export function redactedBatch(
  chunk: SplitChunk,
  options: BatchOptions & { readonly redactor: Redactor },
): EventBatch {
  const { cluster, nowMs, redactor } = options
  const replacements = redactItems(chunk, redactor)
  if (replacements.size === 0) return plainBatch(chunk, options)
  const { bytes, items } = chunk
  return unpackBatch(packBatch({ cluster, sender: '', bytes, items, replacements }), nowMs)
}
