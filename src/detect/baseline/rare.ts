import type { RareSettings } from '../../sigma/baseline.ts'
import {
  bytesOfName,
  bytesOfSlots,
  countKnown,
  type Known,
  type Learning,
  learn,
  type Slots,
  slotOf,
  sumOf,
} from './model.ts'

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
): Learning & { readonly isOdd: boolean } {
  const slot = slotOf(timeUs, forgetUs)
  const { actors, added } = actorsOf(known, value)
  const learning = sumOf(
    added,
    learn(known.actors, actor, slot, mostActors),
    learn(actors, actor, slot, atMost + 1),
  )
  const isNews = learning.isNews || slot > known.slot
  known.slot = Math.max(known.slot, slot)
  const isOdd =
    timeUs - known.sinceUs >= learningUs &&
    countKnown(actors, slot) <= atMost &&
    countKnown(known.actors, slot) >= least
  return { ...learning, isNews, isOdd }
}

/** Those of a value; when there are too many values, those of which the last use is longest ago go. */
function actorsOf(
  { values }: Rare,
  value: string,
): { readonly actors: Slots; readonly added: Learning } {
  const known = values[`=${value}`]
  if (known !== undefined)
    return { actors: known, added: { isNews: false, bytes: 0, forgotten: 0 } }
  const gone = forgetOldestValues(values)
  const actors: Slots = {}
  values[`=${value}`] = actors
  return { actors, added: { isNews: true, ...gone, bytes: bytesOfName(value) + gone.bytes } }
}

function forgetOldestValues(values: Rare['values']): Pick<Learning, 'bytes' | 'forgotten'> {
  const names = Object.keys(values) as (keyof Rare['values'])[]
  if (names.length < mostValues) return { bytes: 0, forgotten: 0 }
  const lastOf = (name: keyof Rare['values']) => Math.max(...Object.values(values[name]!))
  names.sort((a, b) => lastOf(a) - lastOf(b) || (a < b ? -1 : 1))
  const gone = names.slice(0, mostValues >> 4)
  const bytes = gone.reduce((sum, name) => sum + bytesOfValue(name, values[name]!), 0)
  for (const name of gone) delete values[name]
  return { bytes: -bytes, forgotten: gone.length }
}

export function bytesOfRare({ actors, values }: Rare): number {
  return Object.entries(values).reduce(
    (sum, [name, users]) => sum + bytesOfValue(name, users),
    bytesOfSlots(actors),
  )
}

function bytesOfValue(name: string, actors: Slots): number {
  return bytesOfName(name) - 1 + bytesOfSlots(actors)
}
