import { isSame } from '../bytes'
import { learnKey, learnKind } from './host'
import {
  KIND_SLOTS,
  KINDS,
  LONGEST_NAME,
  NAME_SLOT_BYTES,
  NAME_SLOTS,
  NAME_START,
  NAMES,
} from './layout'

/* What names mean is found for each once: the last ones are remembered, and bodies repeat a few hundred. */

const LENGTH: i32 = 0
const MEANING: i32 = 4

/** What the key between two quotes means, escapes and all. */
export function meaningOfKey(start: i32, end: i32): i32 {
  const slot = slotOf(NAMES, NAME_SLOTS, start, end)
  const known = knownIn(slot, start, end)
  if (known !== 0) return load<i32>(known + MEANING)
  return remembered(slot, start, end, learnKey(start, end))
}

export function markOfKind(start: i32, end: i32): i32 {
  const slot = slotOf(KINDS, KIND_SLOTS, start, end)
  const known = knownIn(slot, start, end)
  if (known !== 0) return load<i32>(known + MEANING)
  return remembered(slot, start, end, learnKind(start, end))
}

/** The slot of a pair that has the name; 0 if none has. */
function knownIn(slot: i32, start: i32, end: i32): i32 {
  if (holds(slot, start, end)) return slot
  const other = slot ^ NAME_SLOT_BYTES
  return holds(other, start, end) ? other : 0
}

/** A slot that was never used is of length 0: no name that is remembered is. */
function holds(slot: i32, start: i32, end: i32): bool {
  const length = end - start
  if (length !== load<i32>(slot + LENGTH) || length === 0) return false
  const name = slot + NAME_START
  return length >= 4 ? isSame(start, name, length) : load<u32>(name) === shortName(start, length)
}

/** What was in the slot moves to the other one of the pair. */
function remembered(slot: i32, start: i32, end: i32, meaning: i32): i32 {
  const length = end - start
  if (length > LONGEST_NAME) return meaning
  memory.copy(slot ^ NAME_SLOT_BYTES, slot, NAME_SLOT_BYTES)
  store<i32>(slot + LENGTH, length)
  store<i32>(slot + MEANING, meaning)
  if (length >= 4) memory.copy(slot + NAME_START, start, length)
  else store<u32>(slot + NAME_START, shortName(start, length))
  return meaning
}

/** Fewer than four bytes, as a number. */
function shortName(start: i32, length: i32): u32 {
  return load<u32>(start) & ((1 << (8 * length)) - 1)
}

/** By its length, its first and last four bytes, and four in the middle. */
function slotOf(table: i32, slots: i32, start: i32, end: i32): i32 {
  const length = end - start
  let hash: u32 = length
  if (length < 4) hash ^= shortName(start, length) * 0x9e3779b1
  else {
    hash ^= load<u32>(start) * 0x9e3779b1
    hash ^= load<u32>(end - 4) * 0x85ebca6b
    hash ^= load<u32>(start + ((length - 4) >> 1)) * 0xc2b2ae35
  }
  hash = (hash ^ (hash >> 16)) * 0x85ebca6b
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35
  return table + NAME_SLOT_BYTES * ((hash ^ (hash >> 15)) & (slots - 1))
}
