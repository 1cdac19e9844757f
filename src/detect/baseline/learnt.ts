import type { BaselineSettings } from '../../sigma/baseline.ts'
import { formatTimeUs } from '../../util/time.ts'
import type { FirstSeen } from './first-seen.ts'
import type { Model } from './kinds.ts'
import { type Slots, slotsToForget } from './model.ts'
import type { Rare } from './rare.ts'
import { limitOf, type Rate } from './rate.ts'

/** What was learnt of one key of a rule, for people. */
export interface Learnt {
  readonly cluster: string
  /** By the names of `by`; of `rare`, of `among`. */
  readonly key: readonly string[]
  /** Time of the first match. */
  readonly since: string
  /** When the time of learning is over, if enough is known by then. */
  readonly tellsFrom: string
  /** Matches (`firstSeen`), actors (`rare`) or periods (`rateDeviation`) that have to come before anything is told. */
  readonly stillNeeded: number
  readonly values?: readonly { readonly value: string; readonly lastUsedUntil: string }[]
  readonly actors?: number
  /** Events in a period: usual, and more than which is out of the ordinary. */
  readonly usual?: number
  readonly limit?: number
}

/** `name` and `model` are what a baseline of these settings keeps. */
export function describe(name: string, model: Model, settings: BaselineSettings): Learnt {
  const [cluster = '', ...key] = JSON.parse(name) as string[]
  const { sinceUs } = model
  const common = (learningUs: number, stillNeeded: number) => ({
    cluster,
    key,
    since: formatTimeUs(sinceUs),
    tellsFrom: formatTimeUs(sinceUs + learningUs),
    stillNeeded: Math.max(0, stillNeeded),
  })
  switch (settings.kind) {
    case 'firstSeen': {
      const { events, values } = model as FirstSeen
      return {
        ...common(settings.learningUs, settings.history - events),
        values: valuesOf(values, settings.forgetUs),
      }
    }
    case 'rare': {
      const { actors, values } = model as Rare
      const slots = Object.fromEntries(
        Object.entries(values).map(([value, users]) => [value, Math.max(...Object.values(users))]),
      )
      const known = Object.keys(actors).length
      return {
        ...common(settings.learningUs, settings.least - known),
        actors: known,
        values: valuesOf(slots, settings.forgetUs),
      }
    }
    case 'rateDeviation': {
      const rate = model as Rate
      return {
        ...common(settings.history * settings.everyUs, settings.history - rate.periods),
        usual: rate.mean,
        limit: limitOf(rate, settings),
      }
    }
    default:
      return settings satisfies never
  }
}

function valuesOf(slots: Slots, forgetUs: number): NonNullable<Learnt['values']> {
  return Object.entries(slots).map(([name, slot]) => ({
    value: name.slice(1),
    lastUsedUntil: formatTimeUs((slot + 1) * (forgetUs / slotsToForget)),
  }))
}
