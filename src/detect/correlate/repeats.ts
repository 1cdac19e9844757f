import type { Entries } from './entries.ts'
import type { Order } from './order.ts'
import type { RefCounts } from './ref-counts.ts'

/*
 * Of the entries of one request only the first takes part, and no other until a timespan after it; of temporal types for
 * each rule by itself. The others stay, because one that comes late may be the first.
 */

/** Whether a group has another entry of the request of one; `requests` counts those of a large group. */
export function isRequestKnown(
  entries: Entries,
  order: Order,
  row: number,
  requests: RefCounts | undefined,
): boolean {
  if (requests !== undefined)
    return requests.countOf(entries.requests[row * 2]!, entries.requests[row * 2 + 1]!) > 1
  for (let at = 0; at < order.length; at++)
    if (order.row(at) !== row && entries.isSameRequest(row, order.row(at))) return true
  return false
}

/** An entry was put in, or has more steps now. Returns whether others take part otherwise than before. */
export function markRepeats(
  entries: Entries,
  order: Order,
  rank: number,
  timespanUs: number,
): boolean {
  const row = order.row(rank)
  let untilUs = entries.timesUs[row]! + timespanUs
  let isOther = false
  for (let at = rank; at < order.length; at++) {
    const next = order.row(at)
    if (entries.timesUs[next]! >= untilUs) break
    if (!entries.isSameRequest(row, next)) continue
    if (!entries.setTaken(next, takenBefore(entries, order, at, timespanUs))) continue
    untilUs = entries.timesUs[next]! + timespanUs
    isOther ||= at > rank
  }
  return isOther
}

/** The part that entries of the same request have taken within a timespan before. */
function takenBefore(entries: Entries, order: Order, rank: number, timespanUs: number): number {
  const row = order.row(rank)
  const afterUs = entries.timesUs[row]! - timespanUs
  let taken = 0
  for (let at = rank - 1; at >= 0; at--) {
    const other = order.row(at)
    if (entries.timesUs[other]! <= afterUs) break
    if (entries.isSameRequest(row, other)) taken |= entries.part(other)
  }
  return taken >>> 0
}
