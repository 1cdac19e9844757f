import { colonEnd, spaceEnd, stringEnd, valueEnd } from '../json'
import { END, FORM, KEY_END, KEY_START, MARKS, MEANING, NEXT, ROW_BYTES, START } from './layout'
import { markOfKind, meaningOfKey } from './names'

/*
 * The structure of a valid JSON value: a row for each value in it, in the order of the text. What rows, roles and marks are, says
 * the host: `src/audit/redact/tape.ts` and `roles.ts`, from which it sets the bits.
 */

const STRING: i32 = 0
const OBJECT: i32 = 1
const ARRAY: i32 = 2
const NUMBER: i32 = 3
const LITERAL: i32 = 4

const QUOTE: u8 = 0x22
const BACKSLASH: u8 = 0x5c
/** So much of the roles of a key is a mark of what it is in. */
const MARK_BITS: i32 = 0xffff

let kindRole: i32 = 0
let namesRole: i32 = 0
let credentialRole: i32 = 0
let textMark: i32 = 0
let deepMark: i32 = 0
let ordinaryDepth: i32 = 0

export function setBits(
  kind: i32,
  names: i32,
  credential: i32,
  jsonText: i32,
  deep: i32,
  depth: i32,
): void {
  kindRole = kind
  namesRole = names
  credentialRole = credential
  textMark = jsonText
  deepMark = deep
  ordinaryDepth = depth
}

/** The row of the innermost open container; 0 outside of all. The one around it stands in its NEXT as long as it is open. */
let innermost: i32 = 0
let depth: i32 = 0
/** How many containers are open at the map of names that everything just now is in; -1 outside of all. */
let namesDepth: i32 = -1

/** Rows of the value in `[start, stop)`, from the address `rows` on, with `offset` added to all places; gives the address behind them. */
export function outline(start: i32, stop: i32, rows: i32, offset: i32): i32 {
  let row = rows
  let keyStart: i32 = 0
  let keyEnd: i32 = 0
  let limit = memory.size() << 16
  innermost = 0
  depth = 0
  namesDepth = -1
  let i = spaceEnd(start, stop)
  while (i < stop) {
    if (row + ROW_BYTES > limit) {
      // Half as much again, as more will come.
      memory.grow(memory.size() / 2 + 1)
      limit = memory.size() << 16
    }
    let roles: i32 = 0
    store<i32>(row + START, i + offset)
    if (keyStart === 0) store<u64>(row + KEY_START, 0)
    else {
      store<i32>(row + KEY_START, keyStart + offset)
      store<i32>(row + KEY_END, keyEnd + offset)
      if (namesDepth < 0) roles = meaningOfKey(keyStart, keyEnd)
      keyStart = 0
    }
    store<i32>(row + MEANING, roles)
    const first = load<u8>(i)
    if (first === 0x7b || first === 0x5b) {
      store<i32>(row + FORM, first === 0x7b ? OBJECT : ARRAY)
      open(row, roles)
      i++
    } else {
      i = scalar(row, i, stop, roles, first)
      store<i32>(row + END, i + offset)
      store<i32>(row + NEXT, (row - rows) / ROW_BYTES + 1)
    }
    row += ROW_BYTES
    // Over commas and closing brackets to the next key or value.
    for (; i < stop; i++) {
      const byte = load<u8>(i)
      if (byte === 0x7d || byte === 0x5d) {
        close(i + 1 + offset, (row - rows) / ROW_BYTES)
        if (depth === 0) break
      } else if (byte > 0x20 && byte !== 0x2c) break
    }
    if (depth === 0) break
    if (load<i32>(innermost + FORM) === OBJECT) {
      keyStart = i + 1
      keyEnd = stringEnd(keyStart, stop)
      i = colonEnd(keyEnd + 1, stop)
    }
  }
  return row
}

function open(row: i32, roles: i32): void {
  if ((roles & namesRole) !== 0) namesDepth = depth
  store<i32>(row + NEXT, innermost)
  innermost = row
  depth++
  store<i32>(row + MARKS, depth > ordinaryDepth ? deepMark : 0)
}

function close(end: i32, next: i32): void {
  const row = innermost
  innermost = load<i32>(row + NEXT)
  depth--
  store<i32>(row + END, end)
  store<i32>(row + NEXT, next)
  if (depth === namesDepth) namesDepth = -1
  passOn(load<i32>(row + MEANING), load<i32>(row + MARKS))
}

/** Gives where it ends. */
function scalar(row: i32, i: i32, stop: i32, roles: i32, first: u8): i32 {
  if (first === QUOTE) {
    const end = stringEnd(i + 1, stop)
    const marks = mayHoldJson(i + 1) ? textMark : 0
    store<i32>(row + FORM, STRING)
    store<i32>(row + MARKS, marks)
    passOn(roles, (roles & kindRole) !== 0 ? marks | markOfKind(i + 1, end) : marks)
    return end + 1
  }
  const isNumber = first === 0x2d || (first >= 0x30 && first <= 0x39)
  store<i32>(row + FORM, isNumber ? NUMBER : LITERAL)
  store<i32>(row + MARKS, 0)
  // Nothing is done about a credential that is true, false or null.
  passOn(isNumber ? roles : roles & ~credentialRole, 0)
  // A number at the very end of the bytes counts as unfinished.
  const end = valueEnd(i, stop, 0)
  return end < 0 ? stop : end
}

/** What is said of a value and in it is said in what it is in; but a map of names says nothing. */
function passOn(roles: i32, marks: i32): void {
  if (innermost === 0 || (roles & namesRole) !== 0) return
  const at = innermost + MARKS
  store<i32>(at, load<i32>(at) | marks | (roles & MARK_BITS))
}

/** A string that begins as a JSON container does, perhaps with escaped white space before it. */
function mayHoldJson(i: i32): bool {
  const first = load<u8>(i)
  if (first !== BACKSLASH) return first === 0x7b || first === 0x5b || first === 0x20
  return load<u8>(i + 1) !== QUOTE
}
