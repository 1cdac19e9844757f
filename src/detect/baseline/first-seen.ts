import type { FirstSeenSettings } from '../../sigma/baseline.ts'
import { isKnown, type Known, type Learning, learn, type Slots, slotOf } from './model.ts'

/** What one actor does. */
export interface FirstSeen extends Known {
  /** Events, up to the history that is asked for. */
  events: number
  readonly values: Slots
}

export function newFirstSeen(timeUs: number, { forgetUs }: FirstSeenSettings): FirstSeen {
  return { slot: slotOf(timeUs, forgetUs), sinceUs: timeUs, events: 0, values: {} }
}

/**
 * An actor did something. It is out of the ordinary when the actor has been known for the learning period and for enough
 * events, and has not done that before, or not within the time after which it is forgotten. It is learnt in any case.
 */
export function observeFirst(
  known: FirstSeen,
  value: string,
  timeUs: number,
  { learningUs, forgetUs, history, maxValues }: FirstSeenSettings,
): Learning & { readonly isOdd: boolean } {
  const slot = slotOf(timeUs, forgetUs)
  const isTrained = known.events >= history && timeUs - known.sinceUs >= learningUs
  const isOdd = isTrained && !isKnown(known.values, value, slot)
  const learning = learn(known.values, value, slot, maxValues)
  const isNews = learning.isNews || known.events < history || slot > known.slot
  known.events = Math.min(known.events + 1, history)
  known.slot = Math.max(known.slot, slot)
  return { ...learning, isNews, isOdd }
}
