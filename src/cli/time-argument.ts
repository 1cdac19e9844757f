import { InvalidArgumentError } from 'commander'
import { parseTimeUs } from '../util/time.ts'

/** A time of the command line in epoch milliseconds. */
export function timeArgument(text: string): number {
  const us = parseTimeUs(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)
  if (us === undefined)
    throw new InvalidArgumentError(
      'write a time like 2026-01-31T12:00:00Z or a date like 2026-01-31',
    )
  return us / 1000
}
