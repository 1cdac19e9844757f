import type { ItemIndex } from '../contracts.ts'

/** The index of the items from one to before another; a view of the same memory. */
export function sliceIndex(index: ItemIndex, from: number, to: number): ItemIndex {
  if (from === 0 && to === index.count) return index
  return {
    count: to - from,
    starts: index.starts.subarray(from, to),
    ends: index.ends.subarray(from, to),
    columns: sliceEach(index.columns, from, to),
    texts: sliceEach(index.texts, from, to),
    annotationKeys: index.annotationKeys.subarray(from, to),
    certainlyTrue: index.certainlyTrue.subarray(from, to),
    certainlyFalse: index.certainlyFalse.subarray(from, to),
    timesUs: index.timesUs.subarray(from, to),
    clients: index.clients.subarray(from, to),
    agents: index.agents.subarray(from, to),
  }
}

function sliceEach<K extends string>(
  columns: Readonly<Record<K, Uint32Array>>,
  from: number,
  to: number,
): Readonly<Record<K, Uint32Array>> {
  const entries = Object.entries<Uint32Array>(columns).map(([name, column]) => [
    name,
    column.subarray(from, to),
  ])
  // The same keys as before.
  return Object.fromEntries(entries) as Record<K, Uint32Array>
}
