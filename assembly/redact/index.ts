import * as json from '../json'
import * as layout from './layout'
import * as outlines from './outline'
import * as searches from './search'

export { FOUND, INPUT, PADDING } from './layout'
export { setBits } from './outline'

/*
 * What redaction asks of every byte of an item: see `src/audit/redact/byte-reader.ts`, its host. Addresses stay inside; what comes
 * in and goes out is places in the input.
 */

/** Finds places from `start` on, and gives the place up to which it has searched. */
export function search(start: i32, end: i32, isThorough: bool): i32 {
  return searches.search(layout.INPUT + start, layout.INPUT + end, isThorough) - layout.INPUT
}

/** How many places the last search has found: addresses, at FOUND. */
export function foundCount(): i32 {
  return searches.found
}

/** The end of the valid JSON value that begins at `start`; negative if there is none. */
export function valueEnd(start: i32, stop: i32): i32 {
  json.setLevels(rowsBehind(stop))
  const end = json.valueEnd(layout.INPUT + start, layout.INPUT + stop, 0)
  return end < 0 ? end : end - layout.INPUT
}

/** Outlines the value in `[start, stop)`, and gives the address of its rows; places in them are counted from `-offset`. */
export function outline(start: i32, stop: i32, offset: i32): i32 {
  const rows = rowsBehind(stop)
  outlines.outline(layout.INPUT + start, layout.INPUT + stop, rows, offset - layout.INPUT)
  return rows
}

function rowsBehind(stop: i32): i32 {
  return (layout.INPUT + stop + layout.PADDING + 15) & ~15
}
