import type { BaselineSettings } from '../../sigma/baseline.ts'
import { type FirstSeen, newFirstSeen, observeFirst } from './first-seen.ts'
import { bytesOfSlots, type Learning } from './model.ts'
import { bytesOfRare, newRare, observeRare, type Rare } from './rare.ts'
import { newRate, observeRate, type Rate } from './rate.ts'

/** What a baseline knows of one key: `FirstSeen` by `firstSeen`, and so on. */
export type Model = FirstSeen | Rare | Rate

export function newModel(timeUs: number, settings: BaselineSettings): Model {
  switch (settings.kind) {
    case 'firstSeen':
      return newFirstSeen(timeUs, settings)
    case 'rare':
      return newRare(timeUs, settings)
    case 'rateDeviation':
      return newRate(timeUs, settings)
    default:
      return settings satisfies never
  }
}

/** `model` is what `newModel` made of the same settings, or what was saved of it under their meaning. */
export function observe(
  model: Model,
  actor: string,
  value: string,
  timeUs: number,
  settings: BaselineSettings,
): Learning & { readonly isOdd: boolean } {
  switch (settings.kind) {
    case 'firstSeen':
      return observeFirst(model as FirstSeen, value, timeUs, settings)
    case 'rare':
      return observeRare(model as Rare, actor, value, timeUs, settings)
    case 'rateDeviation':
      return observeRate(model as Rate, timeUs, settings)
    default:
      return settings satisfies never
  }
}

/** What it takes in memory, about, without what every key takes. */
export function bytesOf(model: Model, kind: BaselineSettings['kind']): number {
  switch (kind) {
    case 'firstSeen':
      return bytesOfSlots((model as FirstSeen).values)
    case 'rare':
      return bytesOfRare(model as Rare)
    case 'rateDeviation':
      return 0
    default:
      return kind satisfies never
  }
}
