import { digitsAt } from './bytes'
import * as host from './host'
import { AUDIT_ID_BYTES, AUDIT_ID_FORM, AUDIT_ID_MASK, INPUT } from './layout'

/**
 * Behind a string that is an audit id of the form of most, with neither escapes nor anything beyond ASCII; else 0, and nothing
 * is said.
 */
export function auditIdEnd(i: i32, stop: i32): i32 {
  const end = i + 1 + AUDIT_ID_BYTES
  if (end >= stop || load<u8>(i) !== 0x22 || load<u8>(end) !== 0x22) return 0
  return isOfForm(i + 1, 0) && isOfForm(i + 1, 16) && isOfForm(i + 1, AUDIT_ID_BYTES - 16)
    ? end + 1
    : 0
}

function isOfForm(text: i32, at: i32): bool {
  const bytes = v128.load(text + at)
  const wrong = v128.xor(
    v128.and(bytes, v128.load(AUDIT_ID_MASK + at)),
    v128.load(AUDIT_ID_FORM + at),
  )
  const special = v128.or(
    i8x16.eq(bytes, i8x16.splat(0x5c)),
    // Quotes and what is below; as signed numbers, what is beyond ASCII is less as well.
    i8x16.lt_s(bytes, i8x16.splat(0x23)),
  )
  return !v128.any_true(v128.or(wrong, special))
}

/** `"2026-01-01T00:00:00.000000Z"` as every API server writes it, quotes included. */
export const STAMP_BYTES: i32 = 29
const MINUTE_BYTES: i32 = 16
const LIMIT_US: f64 = 4294967295000000

/** The minute that was read last: those of one batch share it. Of no minute yet. */
let minuteDay: u64 = 0
let minuteRest: u64 = 0
let minuteUs: f64 = -1

/** Epoch microseconds of the text whose opening quote is at `i`; 0 when it is written in another way, or not of 1970 to 2106. */
export function readTime(i: i32, stop: i32): f64 {
  if (i + STAMP_BYTES > stop) return 0
  const isStamp =
    load<u8>(i) === 0x22 &&
    load<u8>(i + 17) === 0x3a &&
    load<u8>(i + 20) === 0x2e &&
    load<u16>(i + 27) === 0x225a
  if (!isStamp) return 0
  const seconds = digitsAt(i + 18, 2)
  const fraction = digitsAt(i + 21, 6)
  const day = load<u64>(i + 1)
  const rest = load<u64>(i + 1 + MINUTE_BYTES / 2)
  if (day !== minuteDay || rest !== minuteRest) {
    minuteUs = host.minuteUs(i + 1 - INPUT)
    minuteDay = day
    minuteRest = rest
  }
  if (seconds < 0 || fraction < 0 || minuteUs < 0) return 0
  const timeUs = minuteUs + (seconds as f64) * 1000000 + (fraction as f64)
  return timeUs < LIMIT_US ? timeUs : 0
}
