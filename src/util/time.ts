/** RFC 3339 text as epoch microseconds, or undefined. Digits beyond six are cut. A Date would drop the last three. */
export function parseTimeUs(text: string): number | undefined {
  const year = digitsAt(text, 0, 4)
  const month = digitsAt(text, 5, 2)
  const day = digitsAt(text, 8, 2)
  const hour = digitsAt(text, 11, 2)
  const minute = digitsAt(text, 14, 2)
  const second = digitsAt(text, 17, 2)
  if ((year | month | day | hour | minute | second) < 0 || !hasSeparators(text)) return undefined
  let end = 19
  let fractionUs = 0
  if (text.charCodeAt(19) === 0x2e) {
    let unitUs = 100_000
    for (end = 20; end < 29; end++) {
      const digit = digitsAt(text, end, 1)
      if (digit < 0) break
      fractionUs += digit * unitUs
      unitUs = Math.floor(unitUs / 10)
    }
    if (end === 20) return undefined
  }
  const offsetSeconds = offsetAt(text, end)
  if (offsetSeconds === undefined) return undefined
  const seconds = daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
  const us = (seconds - offsetSeconds) * 1_000_000 + fractionUs
  return Number.isSafeInteger(us) ? us : undefined
}

/** As `Date.UTC` has it for any numbers, which is far slower for those of the calendar. */
function daysSince1970(year: number, month: number, day: number): number {
  if (year < 100 || month < 1 || month > 12) return Date.UTC(year, month - 1, day) / 86_400_000
  // Years that begin in March have their odd day at the end.
  const isBeforeMarch = month < 3
  const from = isBeforeMarch ? year - 1 : year
  const months = isBeforeMarch ? month + 9 : month - 3
  const leapDays = (from >> 2) - Math.floor(from / 100) + Math.floor(from / 400)
  return from * 365 + leapDays + Math.floor((months * 153 + 2) / 5) + day - 719_469
}

/** So many digits as a number; -1 when they are none. */
function digitsAt(text: string, at: number, count: number): number {
  let number = 0
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (!(digit >= 0 && digit <= 9)) return -1
    number = number * 10 + digit
  }
  return number
}

function hasSeparators(text: string): boolean {
  const between = text[10]
  return (
    text.charCodeAt(4) === 0x2d &&
    text.charCodeAt(7) === 0x2d &&
    (between === 'T' || between === 't' || between === ' ') &&
    text.charCodeAt(13) === 0x3a &&
    text.charCodeAt(16) === 0x3a
  )
}

/** Seconds by which what stands at the end of a text is ahead of UTC. */
function offsetAt(text: string, at: number): number | undefined {
  const sign = text[at]
  if (sign === 'Z' || sign === 'z') return text.length === at + 1 ? 0 : undefined
  const hours = digitsAt(text, at + 1, 2)
  const minutes = digitsAt(text, at + 4, 2)
  if (hours < 0 || minutes < 0 || text[at + 3] !== ':' || text.length !== at + 6) return undefined
  if (sign !== '+' && sign !== '-') return undefined
  return (hours * 3600 + minutes * 60) * (sign === '-' ? -1 : 1)
}

/** Smaller numbers are no time since 1970, but seconds from anywhere: they are counted from September 2001. */
const leastSeconds = 1e8
const anywhereSeconds = 1e9
const numeral = /^-?\d{1,19}(?:\.\d+)?$/

/**
 * A time as it may stand in any JSON: RFC 3339, also without an offset (UTC) or with more digits than are kept, or a number
 * of seconds, milliseconds, microseconds or nanoseconds since 1970, told by its size. Undefined for anything else.
 */
export function timeUsOf(value: unknown): number | undefined {
  if (typeof value === 'number') return timeUsOfNumber(value)
  if (typeof value !== 'string' || value.length > 64) return undefined
  if (numeral.test(value)) return timeUsOfNumber(Number(value))
  const [, time = '', digits = '', offset = ''] =
    /^(.*?)(?:[.,](\d+))?([Zz]|[-+]\d\d:?\d\d)?$/.exec(value) ?? []
  const zone = offset.length === 5 ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset || 'Z'
  return parseTimeUs(`${time}${digits && `.${digits.slice(0, 9)}`}${zone}`)
}

function timeUsOfNumber(number: number): number | undefined {
  if (!(Math.abs(number) < 1e20)) return undefined
  if (number < leastSeconds) return Math.round((anywhereSeconds + number) * 1e6)
  const perUs = number < 1e11 ? 1e-6 : number < 1e14 ? 1e-3 : number < 1e17 ? 1 : 1e3
  return Math.round(number / perUs)
}

/** Epoch microseconds as RFC 3339 with six decimals, UTC. */
export function formatTimeUs(us: number): string {
  const wholeMs = Math.floor(us / 1000)
  const rest = us - wholeMs * 1000
  return `${new Date(wholeMs).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}
