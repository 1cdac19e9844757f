import * as item from './item'
import * as json from './json'
import * as layout from './layout'
import * as memo from './memo'

export { note } from './item'
export * from './layout'

/*
 * The scanner of audit events: see `src/audit/item-scan.ts`, its host. Addresses stay inside; what comes in and goes out is places
 * in the input.
 */

/** Once, when the host has laid out its tables. */
export function prepare(eventTable: i32, userKey: i32): void {
  item.setTables(eventTable, userKey)
}

/** There are other bytes in the input, so many of them, and zeros behind. */
export function beginInput(bytes: i32): void {
  memo.beginInput()
  json.setLevels(layout.INPUT + bytes + layout.PADDING)
}

/** From the opening brace of an item to the first byte behind the closing one, or a negative code. */
export function scan(start: i32, stop: i32): i32 {
  const end = item.scan(layout.INPUT + start, layout.INPUT + stop)
  if (end >= 0) return end - layout.INPUT
  return end === json.UNFINISHED ? end : end + layout.INPUT
}

export function depth(): i32 {
  return json.deepest
}

/** By the number of the key. */
export function seenKeys(): i32 {
  return item.seenKeys
}

export function isDoubtful(): bool {
  return item.isDoubtful
}

export function isOtherKind(): bool {
  return item.isOtherKind
}

let rows: i32 = 0
let placesNoted: bool = false

export function beginRows(notesPlaces: bool): void {
  rows = 0
  placesNoted = notesPlaces
}

/** Adds the item scanned last to the rows; there has to be room. */
export function addRow(start: i32, end: i32): void {
  let cell = layout.CELLS + 4 * rows
  for (let at = layout.RESULT; at < layout.RESULT + 4 * layout.RESULT_CELLS; at += 4) {
    store<i32>(cell, load<i32>(at))
    cell += 4 * layout.ROWS
  }
  store<i32>(cell, start)
  store<i32>(cell + 4 * layout.ROWS, end)
  store<f64>(layout.TIMES + 8 * rows, item.timeUs)
  store<u8>(layout.BODIES + rows, item.hasBody ? 1 : 0)
  if (placesNoted) {
    const parts = 4 * layout.PARTS
    memory.copy(layout.ALL_PART_STARTS + parts * rows, layout.PART_STARTS, parts)
    memory.copy(layout.ALL_PART_ENDS + parts * rows, layout.PART_ENDS, parts)
  }
  rows++
}

export function rowCount(): i32 {
  return rows
}

const NEWLINE: u8 = 0x0a
const COMMA: u8 = 0x2c
const OPENING: u8 = 0x7b

/**
 * Scans items that follow on each other as an API server writes them, each a line or, `isInList`, with commas between, and adds
 * them to the rows. Gives the place of the first that is anything but ordinary, or for which there is no row: it has to be
 * scanned again. All bytes have to be UTF-8.
 */
export function run(start: i32, stop: i32, maxBytes: i32, maxDepth: i32, isInList: bool): i32 {
  const end = layout.INPUT + stop
  let i = layout.INPUT + start
  while (rows < layout.ROWS && i < end && load<u8>(i) === OPENING) {
    const itemEnd = item.scan(i, min(end, i + maxBytes))
    if (itemEnd < 0 || itemEnd >= end) break
    if (!item.isOrdinary || item.isDoubtful || item.isOtherKind || json.deepest > maxDepth) break
    const next = load<u8>(itemEnd)
    // What stands behind the last one is not our business.
    if (next !== (isInList ? COMMA : NEWLINE)) break
    addRow(i - layout.INPUT, itemEnd - layout.INPUT)
    i = itemEnd + 1
  }
  return i - layout.INPUT
}
