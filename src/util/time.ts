const rfc3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/** RFC 3339 text as epoch microseconds, or undefined. Digits beyond six are cut. A Date would drop the last three. */
export function parseTimeUs(text: string): number | undefined {
  const parts = rfc3339.exec(text)
  if (parts === null) return undefined
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second,
    fraction = '',
    sign,
    offsetHour = '0',
    offsetMinute = '0',
  ] = parts
  const seconds =
    Date.UTC(
      Number(year),
      Number(month) - 1,
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
    ) / 1000
  const offset = (Number(offsetHour) * 3600 + Number(offsetMinute) * 60) * (sign === '-' ? -1 : 1)
  const us = (seconds - offset) * 1_000_000 + Number(fraction.padEnd(6, '0').slice(0, 6))
  return Number.isSafeInteger(us) ? us : undefined
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
