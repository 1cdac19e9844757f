import { countKnown, type Known, learn, type Slots, slotOf } from './model.ts'
import type { RareSettings } from './settings.ts'

/** What the actors of one class do. */
export interface Rare extends Known {
  readonly actors: Slots
  /** Of each value the actors that do it, as many as tell whether it is rare. */
  readonly values: Record<`=${string}`, Slots>
}

const mostActors = 4096
const mostValues = 1024

export function newRare(timeUs: number, { forgetUs }: RareSettings): Rare {
  return { slot: slotOf(timeUs, forgetUs), sinceUs: timeUs, actors: {}, values: {} }
}

/**
 * An actor did something. It is out of the ordinary when the class has been known for the learning period, has enough actors,
 * and at most `atMost` of them, this one included, do it. It is learnt in any case.
 */
export function observeRare(
  known: Rare,
  actor: string,
  value: string,
  timeUs: number,
  { learningUs, forgetUs, atMost, least }: RareSettings,
): { readonly isOdd: boolean; readonly isChanged: boolean } {
  const slot = slotOf(timeUs, forgetUs)
  const actors = known.values[`=${value}`] ?? newValue(known, value)
  const isNewActor = learn(known.actors, actor, slot, mostActors)
  const isNewValue = learn(actors, actor, slot, atMost + 1)
  const isChanged = isNewActor || isNewValue || slot > known.slot
  known.slot = Math.max(known.slot, slot)
  const isOdd =
    timeUs - known.sinceUs >= learningUs &&
    countKnown(actors, slot) <= atMost &&
    countKnown(known.actors, slot) >= least
  return { isOdd, isChanged }
}

/** A value that nobody had; when there are too many, those of which the last use is longest ago go. */
function newValue(known: Rare, value: string): Slots {
  const names = Object.keys(known.values) as (keyof Rare['values'])[]
  if (names.length >= mostValues) {
    const lastOf = (name: keyof Rare['values']) => Math.max(...Object.values(known.values[name]!))
    names.sort((a, b) => lastOf(a) - lastOf(b) || (a < b ? -1 : 1))
    for (const name of names.slice(0, mostValues >> 4)) delete known.values[name]
  }
  const actors: Slots = {}
  known.values[`=${value}`] = actors
  return actors
}
