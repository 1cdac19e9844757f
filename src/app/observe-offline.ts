import { createUnwrapper } from '../audit/exports/unwrap.ts'
import type { SplitReject } from '../audit/reject.ts'
import { createSplitter, type SplitChunk } from '../audit/split.ts'
import type { Observation } from '../rbac/observe/observation.ts'

/** What one window of the input held. */
export interface ObservedChunk {
  readonly events: number
  readonly rejects: readonly SplitReject[]
  /** Lines of other logs in an export of a managed cluster, passed over. */
  readonly otherRecords: number
}

/**
 * Has the observation learn from a stream of bytes, window by window, in memory that does not grow with it. The exports of
 * managed clusters (EKS, AKS, GKE) are told by their content and unwrapped.
 */
export async function* observeOffline(
  input: AsyncIterable<Uint8Array>,
  observation: Observation,
  cluster: string,
): AsyncGenerator<ObservedChunk> {
  const splitter = createSplitter({ accepts: 'exports', notesPlaces: true })
  const unwrap = createUnwrapper()
  const observe = (split: SplitChunk): ObservedChunk => {
    const { chunk, otherRecords } = unwrap(split)
    observation.addItems(cluster, chunk.bytes, chunk.items)
    return { events: chunk.items.count, rejects: chunk.rejects, otherRecords }
  }
  for await (const bytes of input) yield observe(splitter.push(bytes))
  yield observe(splitter.end())
}
