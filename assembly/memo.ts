import { isSame } from './bytes'
import { INPUT, MEMO_BYTES, MEMO_SLOT_BYTES, MEMO_SLOTS, MEMO_VALUES, MEMOS } from './layout'

/*
 * Values of one key that were met before in the same bytes, as clients say who they are with every request. The bytes of
 * a value decide where it ends and what it says, so equal bytes need no second scan: to compare them is several times
 * faster. There is one slot for all values with some hash of their samples; what is in it is compared byte by byte.
 */

const LENGTH: i32 = 0
/** Of the input in which it was met last: where it began first, and which input that was. */
const START: i32 = 4
const INPUT_NUMBER: i32 = 8
export const COLUMN: i32 = 12
export const TRUE: i32 = 16
export const UNCERTAIN: i32 = 20
export const DEPTH: i32 = 24
export const HASH: i32 = 28
/** As in the index of items, but placed from the beginning of the value. */
export const TEXT: i32 = 32

/** A value this near to the end of the bytes is not looked up. */
const SAMPLED_BYTES: i32 = 72

let inputNumber: i32 = 0
/** The slot of the last search; 0 if there is none. */
export let slot: i32 = 0
let valueOfSlot: i32 = 0

export function beginInput(): void {
  inputNumber++
}

/** The first byte behind the value that begins at `i`, if it is known; else 0. */
export function find(which: i32, i: i32, stop: i32): i32 {
  slot = 0
  if (i + SAMPLED_BYTES > stop) return 0
  const number = which * MEMO_SLOTS + (samplesHash(which, i) >>> 24)
  slot = MEMOS + MEMO_SLOT_BYTES * number
  valueOfSlot = MEMO_VALUES + MEMO_BYTES * number
  const length = load<i32>(slot + LENGTH)
  if (length === 0 || i + length > stop || !isSame(i, valueOfSlot, length)) return 0
  if (load<i32>(slot + INPUT_NUMBER) !== inputNumber) {
    store<i32>(slot + INPUT_NUMBER, inputNumber)
    store<i32>(slot + START, i - INPUT)
  }
  return i + length
}

/** Where the value found last was met first in this input. */
export function firstStart(): i32 {
  return load<i32>(slot + START)
}

/** Four bytes each at the places where the values of ordinary clusters differ. */
function samplesHash(which: i32, i: i32): u32 {
  switch (which) {
    case 0:
      return mixed(load<u32>(i + 30), load<u32>(i + 40), load<u32>(i + 52), load<u32>(i + 60))
    case 1:
      return mixed(load<u32>(i + 2), load<u32>(i + 5), load<u32>(i + 8), load<u32>(i + 10))
    case 2:
      return mixed(load<u32>(i + 1), load<u32>(i + 5), load<u32>(i + 9), load<u32>(i + 12))
    default:
      return mixed(load<u32>(i + 40), load<u32>(i + 46), load<u32>(i + 58), load<u32>(i + 64))
  }
}

function mixed(a: u32, b: u32, c: u32, d: u32): u32 {
  const hash: u32 = (a * 0x9e3779b1) ^ (b * 0x85ebca6b) ^ (c * 0xc2b2ae35) ^ (d * 0x27d4eb2f)
  return (hash ^ (hash >> 15)) * 0x2c1b3c6d
}

/** Keeps the value that was searched last in vain; it has at least four bytes. */
export function keep(
  at: i32,
  start: i32,
  end: i32,
  column: i32,
  text: i32,
  certainlyTrue: i32,
  uncertain: i32,
  depth: i32,
  hash: i32,
): void {
  const length = end - start
  if (at === 0 || length > MEMO_BYTES) return
  memory.copy(MEMO_VALUES + ((at - MEMOS) / MEMO_SLOT_BYTES) * MEMO_BYTES, start, length)
  store<i32>(at + LENGTH, length)
  store<i32>(at + START, start - INPUT)
  store<i32>(at + INPUT_NUMBER, inputNumber)
  store<i32>(at + COLUMN, column)
  store<i32>(at + TEXT, text)
  store<i32>(at + TRUE, certainlyTrue)
  store<i32>(at + UNCERTAIN, uncertain)
  store<i32>(at + DEPTH, depth)
  store<i32>(at + HASH, hash)
}
