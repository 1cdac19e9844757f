import { ABSENT, combinedHash, foldedHash, hasByte, UNKNOWN } from './bytes'
import * as host from './host'
import * as json from './json'
import * as keys from './keys'
import * as layout from './layout'
import * as memo from './memo'
import { auditIdEnd, readTime, STAMP_BYTES } from './texts'

/*
 * One pass over the bytes of one item: validates it strictly and notes what the columns need.
 *
 * A column never says what `JSON.parse` would contradict (there the last of equal keys wins), so whatever makes a
 * value doubtful makes it UNKNOWN: a parent that is no object, a value of another type, and for the whole item a repeated
 * key, a key with an escape, and one with a dot, because a literal key `user.username` wins over the path.
 */

// What is to be done with the value of a key: as the host numbers them.
const SKIP: i32 = 0
const ANNOTATION: i32 = 1
const RECURRING: i32 = 2
const TEXT: i32 = 3
const AUDIT_ID: i32 = 4
const USERNAME: i32 = 5
const GROUPS: i32 = 6
const COLUMN: i32 = 7
const PRESENT: i32 = 8
const DOUBTFUL: i32 = 9
const OBJECT: i32 = 10
const ANNOTATIONS: i32 = 11
const TIME: i32 = 12
const BODY: i32 = 13
const URI: i32 = 14
const KIND: i32 = 15

// Values that recur.
const USER: i32 = 0
const SOURCE_IPS: i32 = 1
const USER_AGENT: i32 = 2
const REASON: i32 = 3

// Keys that are not in a table.
const UNUSUAL_IS_DOUBTFUL: i32 = 0
const ARE_ANNOTATIONS: i32 = 1

const URI_TEXT: i32 = 0
const AGENT_TEXT: i32 = 1
const USERNAME_TEXT: i32 = 4
const TEXT_COUNT: i32 = 5
const USERNAME_COLUMN: i32 = 5
const ALL_BITS: i32 = -1

/** Of the item scanned last. */
export let seenKeys: i32 = 0
export let isDoubtful: bool = false
export let isOtherKind: bool = false
export let hasBody: bool = false
export let timeUs: f64 = 0
/** Its keys up to `auditID` are those that an API server writes first: it is no list. */
export let isOrdinary: bool = false

/** Of the item in hand. */
let itemStart: i32 = 0
let certain: i32 = 0
let uncertain: i32 = 0
let userHash: u32 = 0
let ipsHash: u32 = 0
let agentHash: u32 = 0
/** The keys of an event, and the one that is as if it were of its user. */
let events: i32 = 0
let userKey: i32 = 0
let auditIdBit: i32 = 0

export function setTables(eventTable: i32, user: i32): void {
  events = eventTable
  userKey = user
  auditIdBit = load<i32>(layout.AUDIT_ID_BIT)
}

/** From the opening brace to the first byte behind the closing one, or a negative code. */
export function scan(start: i32, stop: i32): i32 {
  for (let at = layout.RESULT; at < layout.RESULT_END; at += 16) {
    v128.store(at, i64x2.splat(0))
  }
  itemStart = start
  hasBody = false
  timeUs = 0
  certain = 0
  uncertain = 0
  userHash = ABSENT
  ipsHash = ABSENT
  agentHash = ABSENT
  json.setDeepest(0)
  seenKeys = 0
  isDoubtful = false
  isOtherKind = false
  isOrdinary = false
  const end = members(start, stop, events, 1)
  if (end < 0) return end
  if (isDoubtful) noteDoubtful(start, end)
  else {
    store<u32>(layout.CLIENT, combinedHash(userHash, ipsHash))
    store<u32>(layout.AGENT, agentHash)
    if (mayBeOversized()) uncertain |= load<i32>(layout.OVERSIZED_BIT)
    if (load<i32>(layout.ANNOTATION_KEYS) === ALL_BITS) uncertain |= load<i32>(layout.REASON_BITS)
  }
  store<i32>(layout.CERTAINLY_TRUE, certain & ~uncertain)
  store<i32>(layout.CERTAINLY_FALSE, load<i32>(layout.EVERY_BIT) & ~(certain | uncertain))
  return end
}

function noteDoubtful(start: i32, end: i32): void {
  for (let at = layout.COLUMNS; at < layout.ANNOTATION_KEYS; at += 4) store<u32>(at, UNKNOWN)
  store<i32>(layout.ANNOTATION_KEYS, ALL_BITS)
  store<i32>(layout.URI_START, start - layout.INPUT)
  store<i32>(layout.URI_END, end - layout.INPUT)
  store<u32>(layout.CLIENT, UNKNOWN)
  store<u32>(layout.AGENT, UNKNOWN)
  hasBody = true
  timeUs = 0
  uncertain = load<i32>(layout.EVERY_BIT)
}

function mayBeOversized(): bool {
  return (
    isLong(load<u32>(layout.TEXTS + 4 * URI_TEXT), load<u32>(layout.LONG_URI)) ||
    isLong(load<u32>(layout.TEXTS + 4 * AGENT_TEXT), load<u32>(layout.LONG_AGENT))
  )
}

function isLong(text: u32, bytes: u32): bool {
  return text === UNKNOWN || (text & 0xffff) >= bytes
}

/** An object whose keys have roles; it is number `depth` of the containers in one another. */
function members(start: i32, stop: i32, table: i32, depth: i32): i32 {
  json.reach(depth)
  let expected: i32 = 0
  let seen: i32 = 0
  let i = json.spaceEnd(start + 1, stop)
  if (i < stop && load<u8>(i) === 0x7d) return i + 1
  while (true) {
    if (i >= stop) return json.UNFINISHED
    let number = keys.expectedKey(i, stop, table, expected)
    if (number >= 0) {
      i += load<i32>(keys.keyAt(table, number) + keys.TOKEN_BYTES)
      if (i < stop && load<u8>(i) <= 0x20) i = json.spaceEnd(i, stop)
      if (i >= stop) return json.UNFINISHED
    } else {
      if (load<u8>(i) !== 0x22) return json.invalidAt(i)
      const nameStart = i + 1
      const nameEnd = json.stringEnd(nameStart, stop)
      if (nameEnd < 0) return nameEnd
      i = json.colonEnd(nameEnd + 1, stop)
      if (i < 0) return i
      number = keys.findKey(nameStart, nameEnd, table)
      if (number < 0) otherKey(nameStart, nameEnd, i, load<i32>(table + keys.OTHERS))
    }
    if (number < 0) {
      // Of the event itself: there may be an `items` among them.
      if (depth === 1) seen |= 1 << 31
      i = json.valueEnd(i, stop, depth)
    } else {
      const bit = 1 << number
      if ((seen & bit) !== 0) isDoubtful = true
      seen |= bit
      expected = number + 1
      const key = keys.keyAt(table, number)
      const part = load<i32>(key + keys.PART)
      const valueStart = i
      i = value(i, stop, key, depth)
      if (load<i32>(key + keys.ROLE) === AUDIT_ID) isOrdinary = seen > 0
      if (part >= 0 && i >= 0) {
        store<i32>(layout.PART_STARTS + 4 * part, valueStart - layout.INPUT)
        store<i32>(layout.PART_ENDS + 4 * part, i - layout.INPUT)
      }
    }
    if (i < 0) return i
    if (i < stop && load<u8>(i) <= 0x20) i = json.spaceEnd(i, stop)
    if (i >= stop) return json.UNFINISHED
    const next = load<u8>(i++)
    if (next === 0x7d) {
      if (depth === 1) seenKeys = seen & ~(1 << 31)
      return i
    }
    if (next !== 0x2c) return json.invalidAt(i - 1)
    if (i < stop && load<u8>(i) <= 0x20) i = json.spaceEnd(i, stop)
  }
}

function value(i: i32, stop: i32, key: i32, depth: i32): i32 {
  const first = load<u8>(i)
  switch (load<i32>(key + keys.ROLE)) {
    case SKIP:
      break
    case ANNOTATION:
      noteAnnotation(i, load<i32>(key + keys.A))
      if (load<i32>(key + keys.B) === 0) break
      if (first === 0x22 && i + 1 < stop && load<u8>(i + 1) === 0x22) return i + 2
      return recurring(i, stop, REASON, depth)
    case RECURRING: {
      const which = load<i32>(key + keys.A)
      const end = recurring(i, stop, which, depth)
      if (which === USER_AGENT) noteText(AGENT_TEXT, i, end)
      return end
    }
    case TEXT: {
      const end = json.valueEnd(i, stop, depth)
      noteText(load<i32>(key + keys.A), i, end)
      return end
    }
    case AUDIT_ID: {
      const end = auditIdEnd(i, stop)
      if (end > 0) {
        certain |= auditIdBit
        return end
      }
      uncertain |= auditIdBit
      break
    }
    case USERNAME: {
      const end = column(i, stop, USERNAME_COLUMN, depth)
      noteText(USERNAME_TEXT, i, end)
      if (end >= 0) host.username(i - layout.INPUT, stop - layout.INPUT)
      return end
    }
    case GROUPS: {
      const end = json.valueEnd(i, stop, depth)
      if (end >= 0) host.groups(i - layout.INPUT, stop - layout.INPUT)
      return end
    }
    case COLUMN:
      return column(i, stop, load<i32>(key + keys.A), depth)
    case PRESENT:
      certain |= load<i32>(key + keys.A)
      break
    case DOUBTFUL:
      uncertain |= load<i32>(key + keys.A)
      break
    case OBJECT:
      return object(i, stop, key, depth)
    case ANNOTATIONS:
      if (first === 0x7b) return members(i, stop, load<i32>(key + keys.A), depth + 1)
      store<i32>(layout.ANNOTATION_KEYS, ALL_BITS)
      break
    case TIME:
      timeUs = readTime(i, stop)
      if (timeUs > 0) return i + STAMP_BYTES
      break
    case BODY:
      certain |= load<i32>(key + keys.A)
      if (first !== 0x6e) hasBody = true
      break
    case URI: {
      if (first !== 0x22) isDoubtful = true
      const end = json.valueEnd(i, stop, depth)
      store<i32>(layout.URI_START, i + 1 - layout.INPUT)
      store<i32>(layout.URI_END, end - 1 - layout.INPUT)
      noteText(URI_TEXT, i, end)
      return end
    }
    case KIND: {
      const end = json.valueEnd(i, stop, depth)
      if (end < 0) return end
      if (first !== 0x22 || hasByte(i, end, 0x5c)) isDoubtful = true
      // "Event", with its quotes.
      else isOtherKind = end - i !== 7 || load<u64>(i) << 8 !== 0x22746e6576452200
      return end
    }
  }
  if (first !== 0x22) return json.valueEnd(i, stop, depth)
  const end = json.stringEnd(i + 1, stop)
  return end < 0 ? end : end + 1
}

function object(i: i32, stop: i32, key: i32, depth: i32): i32 {
  if (load<u8>(i) === 0x7b) return members(i, stop, load<i32>(key + keys.A), depth + 1)
  const columns = load<i32>(key + keys.B)
  const texts = load<i32>(key + keys.C)
  for (let at = 0; at < 8; at++) {
    if (((columns >> at) & 1) !== 0) store<u32>(layout.COLUMNS + 4 * at, UNKNOWN)
  }
  for (let at = 0; at < TEXT_COUNT; at++) {
    if (((texts >> at) & 1) !== 0) store<u32>(layout.TEXTS + 4 * at, UNKNOWN)
  }
  uncertain |= load<i32>(key + keys.D)
  return json.valueEnd(i, stop, depth)
}

/** A value that may have been met before. */
function recurring(i: i32, stop: i32, which: i32, depth: i32): i32 {
  const end = memo.find(which, i, stop)
  if (which === USER || which === REASON) {
    const start = end === 0 ? i - layout.INPUT : memo.firstStart()
    store<i32>(which === USER ? layout.FIRST_USER : layout.FIRST_REASON, start)
  }
  if (end === 0) return remember(i, stop, which, depth)
  const known = memo.slot
  if (which === USER) {
    store<u32>(layout.COLUMNS + 4 * USERNAME_COLUMN, load<u32>(known + memo.COLUMN))
    store<u32>(
      layout.TEXTS + 4 * USERNAME_TEXT,
      movedText(load<u32>(known + memo.TEXT), i - itemStart),
    )
  }
  noteHash(which, load<u32>(known + memo.HASH))
  certain |= load<i32>(known + memo.TRUE)
  uncertain |= load<i32>(known + memo.UNCERTAIN)
  json.reach(depth + load<i32>(known + memo.DEPTH))
  return end
}

function remember(i: i32, stop: i32, which: i32, depth: i32): i32 {
  const slot = memo.slot
  const outerDeepest = json.deepest
  json.setDeepest(depth)
  const end = which === USER ? object(i, stop, userKey, depth) : json.valueEnd(i, stop, depth)
  const deepest = json.deepest
  json.reach(outerDeepest)
  if (end < 0) return end
  const hash = host.learn(which, i - layout.INPUT, end - layout.INPUT, stop - layout.INPUT)
  noteHash(which, hash)
  // What begins with a number may go on elsewhere.
  if (!isDoubtful && end - i >= 4 && isDelimited(load<u8>(i))) {
    const bits = load<i32>(layout.RECURRING_BITS + 4 * which)
    let column: u32 = ABSENT
    let text: u32 = ABSENT
    if (which === USER) {
      column = load<u32>(layout.COLUMNS + 4 * USERNAME_COLUMN)
      text = movedText(load<u32>(layout.TEXTS + 4 * USERNAME_TEXT), itemStart - i)
    }
    memo.keep(slot, i, end, column, text, certain & bits, uncertain & bits, deepest - depth, hash)
  }
  return end
}

/** A text by the place from which its own is counted. */
function movedText(text: u32, by: i32): u32 {
  if (text === ABSENT || text === UNKNOWN) return text
  const place = ((text >> 16) as i32) + by
  return place >= 0 && place <= 0xffff ? ((place as u32) << 16) | (text & 0xffff) : UNKNOWN
}

/** By the host, of a value that it looks at: predicates that hold, and those that are in doubt. */
export function note(holding: i32, doubtful: i32): void {
  certain |= holding
  uncertain |= doubtful
}

function noteHash(which: i32, hash: u32): void {
  if (which === USER) userHash = hash
  else if (which === SOURCE_IPS) ipsHash = hash
  else if (which === USER_AGENT) agentHash = hash
}

/** A value that tells itself where it ends. */
function isDelimited(first: u8): bool {
  return first === 0x22 || first === 0x5b || first === 0x7b
}

function column(i: i32, stop: i32, number: i32, depth: i32): i32 {
  const cell = layout.COLUMNS + 4 * number
  if (load<u8>(i) === 0x22) {
    const end = json.stringEnd(i + 1, stop)
    if (end < 0) return end
    store<u32>(cell, foldedHash(i + 1, end))
    return end + 1
  }
  const end = json.valueEnd(i, stop, depth)
  if (end < 0) return end
  store<u32>(cell, isPlainInteger(i, end) ? foldedHash(i, end) : UNKNOWN)
  return end
}

/** Digits that `String(JSON.parse(digits))` gives back as they are. */
function isPlainInteger(start: i32, end: i32): bool {
  if (end - start > 15) return false
  for (let i = start; i < end; i++) if (!json.isDigit(load<u8>(i))) return false
  return true
}

/** Notes where a value stands, if it is a text; `end` is negative for what is invalid. */
function noteText(text: i32, i: i32, end: i32): void {
  const place = i + 1 - itemStart
  const length = end - i - 2
  const isPlaced = load<u8>(i) === 0x22 && place <= 0xffff && length <= 0xffff
  store<u32>(layout.TEXTS + 4 * text, isPlaced ? (place << 16) | length : UNKNOWN)
}

/** Notes a key of the Bloom filter. Below a value that is a container, longer paths than the key lead on. */
function noteAnnotation(valueStart: i32, bit: i32): void {
  const first = load<u8>(valueStart)
  const bits = first === 0x7b || first === 0x5b ? ALL_BITS : bit
  store<i32>(layout.ANNOTATION_KEYS, load<i32>(layout.ANNOTATION_KEYS) | bits)
}

function otherKey(nameStart: i32, nameEnd: i32, valueStart: i32, others: i32): void {
  if (others === ARE_ANNOTATIONS) {
    noteAnnotation(valueStart, host.annotationBit(nameStart - layout.INPUT, nameEnd - layout.INPUT))
  } else if (hasByte(nameStart, nameEnd, 0x5c)) isDoubtful = true
  // Dots are usual in what an authenticator adds.
  else if (others === UNUSUAL_IS_DOUBTFUL && hasByte(nameStart, nameEnd, 0x2e)) isDoubtful = true
}
