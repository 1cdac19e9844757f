import type { Dated } from '../credentials/remembered.ts'

/** When each of some names was last of use, in slots of time. Names come from outside, so each has a sign before it. */
export type Slots = Record<`=${string}`, number>

/** What is known of a key has this many slots before it is forgotten. */
export const slotsToForget = 16

/** What a key does, from its first event on. */
export interface Known extends Dated {
  /** Event time of the first, in microseconds. */
  sinceUs: number
}

/** The slot that an event belongs to. */
export function slotOf(timeUs: number, forgetUs: number): number {
  return Math.floor(timeUs / (forgetUs / slotsToForget))
}

export function isKnown(slots: Slots, name: string, slot: number): boolean {
  const last = slots[`=${name}`]
  return last !== undefined && slot - last <= slotsToForget
}

/** Learns that a name was of use. Returns whether that is news. More than `most` names are not kept: the oldest go. */
export function learn(slots: Slots, name: string, slot: number, most: number): boolean {
  const last = slots[`=${name}`]
  if (last !== undefined && last >= slot) return false
  slots[`=${name}`] = slot
  if (last === undefined) forgetOldest(slots, most)
  return true
}

/** Names that are still known. */
export function countKnown(slots: Slots, slot: number): number {
  return Object.values(slots).filter((last) => slot - last <= slotsToForget).length
}

function forgetOldest(slots: Slots, most: number): void {
  const names = Object.keys(slots) as (keyof Slots)[]
  if (names.length <= most) return
  names.sort((a, b) => slots[a]! - slots[b]! || (a < b ? -1 : 1))
  for (const name of names.slice(0, Math.max(1, names.length >> 4))) delete slots[name]
}
