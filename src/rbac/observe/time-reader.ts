import { parseTimeUs } from '../../util/time.ts'

const Z = 0x5a
const COLON = 0x3a
const POINT = 0x2e
/** `"2026-03-01T10:00:00.000000Z"`, as the API server writes times. */
const timeBytes = 29

/** Reads times in bytes; the day of the last one is remembered, for the next one is of the same day. */
export class TimeReader {
  /** The bytes of the last time up to its hour. */
  #day = new Uint8Array(0)
  #dayUs = 0

  /** Microseconds of the time between quotes in `[at, end)`; undefined when it is written otherwise. */
  read(bytes: Uint8Array, at: number, end: number): number | undefined {
    if (end - at !== timeBytes || bytes[at + 27] !== Z) return undefined
    if (bytes[at + 14] !== COLON || bytes[at + 17] !== COLON || bytes[at + 20] !== POINT)
      return undefined
    if (!this.#isDayAt(bytes, at) && !this.#newDay(bytes, at)) return undefined
    const hours = digits(bytes, at + 12, 2)
    const minutes = digits(bytes, at + 15, 2)
    const seconds = digits(bytes, at + 18, 2)
    const fraction = digits(bytes, at + 21, 6)
    if (hours < 0 || minutes < 0 || seconds < 0 || fraction < 0) return undefined
    return this.#dayUs + ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + fraction
  }

  #isDayAt(bytes: Uint8Array, at: number): boolean {
    const day = this.#day
    for (let i = 0; i < day.length; i++) if (bytes[at + i] !== day[i]) return false
    return day.length > 0
  }

  #newDay(bytes: Uint8Array, at: number): boolean {
    const text = Buffer.from(bytes.subarray(at + 1, at + 12)).toString('latin1')
    const dayUs = parseTimeUs(`${text}00:00:00Z`)
    if (dayUs === undefined || !text.endsWith('T')) return false
    this.#day = Uint8Array.from(bytes.subarray(at, at + 12))
    this.#dayUs = dayUs
    return true
  }
}

/** Negative when there is something else. */
function digits(bytes: Uint8Array, start: number, count: number): number {
  let number = 0
  for (let i = start; i < start + count; i++) {
    const digit = bytes[i]! - 0x30
    if (digit < 0 || digit > 9) return -1
    number = 10 * number + digit
  }
  return number
}
