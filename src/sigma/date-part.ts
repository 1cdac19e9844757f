/** A part of a date that a rule can ask for. `week` is the ISO 8601 week. */
export type DatePart = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year'

/** RFC 3339, where the time and the offset may be absent. */
const dateText =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::\d\d(?:[.,]\d+)?)?(?:[Zz]|[-+]\d\d:?\d\d)?)?$/

/** Epoch times from here on are in milliseconds: as seconds they would be beyond the year 5000. */
const leastMilliseconds = 1e11

interface DateFields {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
}

/**
 * The part of a date as it is written, in the time zone that it is written in; of an epoch time (seconds, or
 * milliseconds from 1e11 on) in UTC. Undefined for anything else.
 */
export function datePartOf(value: unknown, part: DatePart): number | undefined {
  const fields = typeof value === 'number' ? fromEpoch(value) : fromText(value)
  if (fields === undefined) return undefined
  return part === 'week' ? isoWeekOf(fields) : fields[part]
}

function fromText(value: unknown): DateFields | undefined {
  const found = typeof value === 'string' && value.length <= 64 ? dateText.exec(value) : null
  if (found === null) return undefined
  const [year, month, day, hour, minute] = found.slice(1).map((digits) => Number(digits ?? 0))
  const fields = { year: year!, month: month!, day: day!, hour: hour!, minute: minute! }
  const date = new Date(Date.UTC(fields.year, fields.month - 1, fields.day))
  const isReal = date.getUTCMonth() === fields.month - 1 && date.getUTCDate() === fields.day
  return isReal && fields.hour < 24 && fields.minute < 60 ? fields : undefined
}

function fromEpoch(value: number): DateFields | undefined {
  const date = new Date(Math.abs(value) < leastMilliseconds ? value * 1000 : value)
  if (Number.isNaN(date.getTime())) return undefined
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
  }
}

const dayMs = 86_400_000

/** The week whose Thursday is in the same week as the date. */
function isoWeekOf({ year, month, day }: DateFields): number {
  const date = new Date(Date.UTC(year, month - 1, day))
  const thursdayMs = date.getTime() + (4 - (date.getUTCDay() || 7)) * dayMs
  const firstMs = Date.UTC(new Date(thursdayMs).getUTCFullYear(), 0, 1)
  return Math.floor((thursdayMs - firstMs) / (7 * dayMs)) + 1
}
