import type { RateSettings } from '../../sigma/baseline.ts'
import type { Known, Learning } from './model.ts'

/** How often an actor does something in a period. */
export interface Rate extends Known {
  /** Events of the period `slot` so far. */
  count: number
  /** Of the periods before. */
  mean: number
  variance: number
  /** How many those are, up to four times the history that is asked for. */
  periods: number
}

export function newRate(timeUs: number, { everyUs }: RateSettings): Rate {
  const slot = Math.floor(timeUs / everyUs)
  return { slot, sinceUs: timeUs, count: 0, mean: 0, variance: 0, periods: 0 }
}

/** More than that in a period is out of the ordinary. */
export function limitOf({ mean, variance }: Rate, { factor, least }: RateSettings): number {
  return Math.max(least, mean + factor * Math.sqrt(variance))
}

/**
 * An event of an actor. It is out of the ordinary when enough periods are known, and this one has more than the limit by
 * now. A period is learnt when it is over, and as no more than the limit, so that a burst does not make the next one
 * ordinary. What comes late, in a period that is over, counts for nothing.
 */
export function observeRate(
  known: Rate,
  timeUs: number,
  settings: RateSettings,
): Learning & { readonly isOdd: boolean } {
  const slot = Math.floor(timeUs / settings.everyUs)
  if (slot < known.slot) return { isOdd: false, isNews: false, bytes: 0, forgotten: 0 }
  if (slot > known.slot) finish(known, slot, settings)
  known.count += 1
  const isOdd = known.periods >= settings.history && known.count > limitOf(known, settings)
  return { isOdd, isNews: true, bytes: 0, forgotten: 0 }
}

function finish(known: Rate, slot: number, settings: RateSettings): void {
  const most = settings.history * 4
  const isTrained = known.periods >= settings.history
  add(known, isTrained ? Math.min(known.count, limitOf(known, settings)) : known.count, most)
  // After so many periods without an event nothing is left of those before.
  for (let empty = Math.min(slot - known.slot - 1, most * 4); empty > 0; empty--)
    add(known, 0, most)
  known.slot = slot
  known.count = 0
}

/** Weighs every period alike until `most` are known, and then the newest the most. */
function add(known: Rate, count: number, most: number): void {
  const weight = 1 / (known.periods + 1)
  const difference = count - known.mean
  known.mean += weight * difference
  known.variance = (1 - weight) * (known.variance + weight * difference * difference)
  known.periods = Math.min(known.periods + 1, most)
}
