import type { Dated } from '../remembered.ts'

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

/** What learning a name changed. */
export interface Learning {
  /** It was not known for the slot. */
  readonly isNews: boolean
  /** How many bytes more are kept, about; less than none when others went. */
  readonly bytes: number
  /** How many names went because there were too many. */
  readonly forgotten: number
}

const nothingNew: Learning = { isNews: false, bytes: 0, forgotten: 0 }

/** Learns that a name was of use. More than `most` names are not kept: the oldest go. */
export function learn(slots: Slots, name: string, slot: number, most: number): Learning {
  const last = slots[`=${name}`]
  if (last !== undefined && last >= slot) return nothingNew
  slots[`=${name}`] = slot
  if (last !== undefined) return { isNews: true, bytes: 0, forgotten: 0 }
  const gone = forgetOldest(slots, most)
  return { isNews: true, bytes: bytesOfName(name) - gone.bytes, forgotten: gone.count }
}

/** What several names have changed together. */
export function sumOf(...all: readonly Learning[]): Learning {
  return {
    isNews: all.some(({ isNews }) => isNews),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    forgotten: all.reduce((sum, { forgotten }) => sum + forgotten, 0),
  }
}

/** Names that are still known. */
export function countKnown(slots: Slots, slot: number): number {
  return Object.values(slots).filter((last) => slot - last <= slotsToForget).length
}

/** About what a name takes: its text, its number, its place in an object. */
export function bytesOfName(name: string): number {
  return name.length + 40
}

export function bytesOfSlots(slots: Slots): number {
  return Object.keys(slots).reduce((sum, name) => sum + bytesOfName(name) - 1, 0)
}

function forgetOldest(
  slots: Slots,
  most: number,
): { readonly bytes: number; readonly count: number } {
  const names = Object.keys(slots) as (keyof Slots)[]
  if (names.length <= most) return { bytes: 0, count: 0 }
  names.sort((a, b) => slots[a]! - slots[b]! || (a < b ? -1 : 1))
  const gone = names.slice(0, Math.max(1, names.length >> 4))
  for (const name of gone) delete slots[name]
  return {
    bytes: gone.reduce((sum, name) => sum + bytesOfName(name) - 1, 0),
    count: gone.length,
  }
}
