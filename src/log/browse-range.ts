import type { BrowseQuery } from '../contracts.ts'

/** The stored offsets [from, to) that a query asks for. Its times mean: at or after `fromMs`, before `toMs`. */
export function browseRange(
  query: BrowseQuery,
  firstOffset: number,
  nextOffset: number,
  firstAtOrAfter: (timeMs: number) => number,
): { readonly from: number; readonly to: number } {
  const { order, after, fromMs, toMs } = query
  let from = fromMs === undefined ? firstOffset : firstAtOrAfter(fromMs)
  let to = toMs === undefined ? nextOffset : firstAtOrAfter(toMs)
  if (after !== undefined && order === 'oldest') from = Math.max(from, after + 1)
  if (after !== undefined && order === 'newest') to = Math.min(to, after)
  return { from, to }
}
