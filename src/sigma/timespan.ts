/** Of the units that pySigma has: a month and a year are their means in the Gregorian calendar. */
const secondsByUnit: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  M: 2_629_746,
  y: 31_556_952,
}

const maxYears = 100

/** A span of time such as `90m` in microseconds, or what is wrong with it. */
export function parseTimespanUs(text: string): number | { readonly reason: string } {
  const [, digits = '', unit = ''] = /^(\d+)([A-Za-z])$/.exec(text) ?? []
  const seconds = Number(digits) * (secondsByUnit[unit] ?? 0)
  if (digits === '' || !Object.hasOwn(secondsByUnit, unit))
    return {
      reason: `\`${text}\` is no span of time; write a whole number and s, m, h, d, w, M (month) or y, such as 90m`,
    }
  if (seconds === 0) return { reason: `\`${text}\` is no time at all; it has to be above 0` }
  if (seconds > maxYears * secondsByUnit['y']!)
    return { reason: `\`${text}\` is longer than ${maxYears} years` }
  return seconds * 1_000_000
}

/** The same of anything that may stand in a file; undefined when it is no span of time. */
export function timespanUsOf(value: unknown): number | undefined {
  const us = typeof value === 'string' ? parseTimespanUs(value) : undefined
  return typeof us === 'number' ? us : undefined
}
