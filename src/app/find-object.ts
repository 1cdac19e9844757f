import { decodeItem } from '../audit/event.ts'
import { createUnwrapper } from '../audit/exports/unwrap.ts'
import { createSplitter, type SplitChunk } from '../audit/split.ts'
import type { WireObject } from '../audit/wire.ts'
import { plainBatch } from './offline-batch.ts'

/**
 * The object of that number in the input, counted from zero, as it stands; undefined when there are fewer. `see` is shown all
 * that come before it.
 */
export async function findObject(
  input: AsyncIterable<Uint8Array>,
  number: number,
  see?: (object: WireObject) => void,
): Promise<WireObject | undefined> {
  const splitter = createSplitter({ accepts: 'exports' })
  const unwrap = createUnwrapper()
  let before = 0
  const find = (split: SplitChunk): WireObject | undefined => {
    const { chunk } = unwrap(split)
    const batch = plainBatch(chunk, { cluster: '', nowMs: 0 })
    const { count } = chunk.items
    const item = number - before
    before += count
    if (see !== undefined)
      for (let seen = 0; seen < Math.min(item, count); seen++) see(decodeItem(batch, seen))
    return item < count ? decodeItem(batch, item) : undefined
  }
  for await (const bytes of input) {
    const found = find(splitter.push(bytes))
    if (found !== undefined) return found
  }
  return find(splitter.end())
}
