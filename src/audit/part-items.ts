import type { IndexedField, ItemIndex, SearchedField } from '../contracts.ts'
import { combinedHash, foldedHash } from '../util/hash.ts'

/** What is kept together in one partition: all events of a cluster, or those of one actor in it. */
export type PartitionBy = 'cluster' | 'actor'

/**
 * The numbers of a batch's items by the partition that they belong to: in order, and none left out. Partitions without items
 * are absent. Actors whose names the bytes do not tell share a partition, and so do those without one.
 */
export function itemsByPartition(
  cluster: string,
  { count, columns }: Pick<ItemIndex, 'count' | 'columns'>,
  { by, partitions }: { readonly by: PartitionBy; readonly partitions: number },
): ReadonlyMap<number, readonly number[]> {
  const clusterHash = foldedHash(cluster)
  const actors = columns['user.username']
  const parts = new Map<number, number[]>()
  for (let item = 0; item < count; item++) {
    const hash = by === 'cluster' ? clusterHash : combinedHash(clusterHash, actors[item]!)
    const partition = hash % partitions
    const part = parts.get(partition)
    if (part === undefined) parts.set(partition, [item])
    else part.push(item)
  }
  return parts
}

/** The index of some of the items, whose numbers are given in order; their bytes stay where they are. */
export function pickItems(items: ItemIndex, numbers: readonly number[]): ItemIndex {
  const pick = (cells: Uint32Array): Uint32Array =>
    fill(new Uint32Array(numbers.length), cells, numbers)
  const pickEach = <Name extends string>(
    columns: Readonly<Record<Name, Uint32Array>>,
  ): Record<Name, Uint32Array> => {
    const entries = Object.entries<Uint32Array>(columns).map(([name, cells]) => [name, pick(cells)])
    // The names are those of the columns that were given.
    return Object.fromEntries(entries) as Record<Name, Uint32Array>
  }
  return {
    count: numbers.length,
    starts: pick(items.starts),
    ends: pick(items.ends),
    columns: pickEach<IndexedField>(items.columns),
    texts: pickEach<SearchedField>(items.texts),
    annotationKeys: pick(items.annotationKeys),
    certainlyTrue: pick(items.certainlyTrue),
    certainlyFalse: pick(items.certainlyFalse),
    timesUs: fill(new Float64Array(numbers.length), items.timesUs, numbers),
    clients: pick(items.clients),
    agents: pick(items.agents),
  }
}

/** Sooner than `from` by twenty times, which goes through an iterator and calls a function for each. */
function fill<Cells extends Uint32Array | Float64Array>(
  picked: Cells,
  cells: Cells,
  numbers: readonly number[],
): Cells {
  for (let place = 0; place < numbers.length; place++) picked[place] = cells[numbers[place]!]!
  return picked
}
