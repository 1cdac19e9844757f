/**
 * The results of the work on each item, in their order, of which so many are under way at a time: what is begun for thousands at
 * once holds its thread up until all are begun. Rejects as the first one that does.
 */
export async function fewAtOnce<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  const goOn = async (): Promise<void> => {
    while (next < items.length) {
      const place = next++
      // There is an item at every place.
      results[place] = await work(items[place] as Item)
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, goOn))
  return results
}
