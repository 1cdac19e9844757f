import { isSame } from './bytes'

/*
 * The keys that an apiserver writes into one object, in its order, as the host laid them out: how many there are, what is to be done with
 * others, and then each in a record.
 */

export const COUNT: i32 = 0
export const OTHERS: i32 = 4
const RECORDS: i32 = 8
const RECORD_BYTES: i32 = 40
/** Of `"key":` the first four bytes, how many there are, and where they lie. */
const FIRST_WORD: i32 = 0
export const TOKEN_BYTES: i32 = 4
const TOKEN: i32 = 8
export const ROLE: i32 = 12
export const PART: i32 = 16
/** What the role needs. */
export const A: i32 = 20
export const B: i32 = 24
export const C: i32 = 28
export const D: i32 = 32

/** Tokens to try before a key is looked up: optional keys in a row, and one more. */
const LOOKAHEAD: i32 = 4

/** The record of a key by its number. */
export function keyAt(table: i32, number: i32): i32 {
  return table + RECORDS + RECORD_BYTES * number
}

/** The number of the key whose token stands at `i`, at `expected` or soon after it in the table; else -1. */
export function expectedKey(i: i32, stop: i32, table: i32, expected: i32): i32 {
  const firstWord = load<u32>(i)
  const last = min(load<i32>(table + COUNT), expected + LOOKAHEAD)
  let key = keyAt(table, expected)
  for (let number = expected; number < last; number++, key += RECORD_BYTES) {
    if (load<u32>(key + FIRST_WORD) !== firstWord) continue
    const bytes = load<i32>(key + TOKEN_BYTES)
    if (i + bytes <= stop && isSame(i, load<i32>(key + TOKEN), bytes)) return number
  }
  return -1
}

/** The number of the key whose name lies in `[start, end)`; -1 if there is none. */
export function findKey(start: i32, end: i32, table: i32): i32 {
  const count = load<i32>(table + COUNT)
  for (let number = 0; number < count; number++) {
    const key = keyAt(table, number)
    if (end - start !== load<i32>(key + TOKEN_BYTES) - 3) continue
    // With the quote before it, which is there, it has four bytes.
    if (isSame(start - 1, load<i32>(key + TOKEN), end - start + 2)) return number
  }
  return -1
}
