import type { ItemScanner } from './item-scan.ts'
import { UNFINISHED } from './json-scan.ts'
import { BracketWalk, isOpening } from './lenient.ts'
import { findSoundStart, NONE } from './resync.ts'
import type { SplitWindow } from './split-window.ts'

const COMMA = 0x2c
const NEWLINE = 0x0a

/** Where something damaged stands. */
export interface DamageContext {
  readonly window: SplitWindow
  readonly item: ItemScanner
  /** In no list and no array. */
  readonly isOutside: boolean
  /** Some JSON came before: then a line of something else is damage of its own. */
  readonly hasBegun: boolean
}

/** Where the damage that begins at `start` ends, which is where something sound may begin. UNFINISHED when bytes to come decide. */
export function damageEnd(start: number, context: DamageContext): number {
  const { window } = context
  const stop = window.stop(start)
  // In steps, for each damage would otherwise cost as much as all that is left.
  for (let reach = 4096; ; reach *= 2) {
    const isAll = start + reach >= stop
    const mayWait = !isAll || window.mayWait(start)
    const end = endBefore(isAll ? stop : start + reach, start, mayWait, context)
    if (end !== UNFINISHED || isAll) return end
  }
}

/** The same by the bytes before `stop`; `mayWait`: it is possible to come again with more. */
function endBefore(stop: number, start: number, mayWait: boolean, context: DamageContext): number {
  const { window, item, isOutside } = context
  const { bytes, view } = window
  const findSound = (from: number, to: number) =>
    findSoundStart(bytes, view, from, to, stop, !mayWait, item)
  const closed = closingEnd(start, stop, context)
  const from = closed === UNFINISHED ? stop : closed
  let sound = findSound(start + 1, from)
  if (sound === NONE && closed !== UNFINISHED) {
    const isFollowed = isElementFollowed(window, start, closed, isOutside)
    if (isFollowed ?? !mayWait) return closed
    if (isFollowed === undefined) return UNFINISHED
  }
  if (sound === NONE) {
    // The brackets do not tell its end, so the line does, outside of everything.
    const isLine = closed !== UNFINISHED && isOutside
    const line = isLine ? lineEnd(bytes, closed, stop) : UNFINISHED
    const end = line === UNFINISHED ? stop : line
    sound = findSound(from, end)
    if (sound === NONE) return line === UNFINISHED && mayWait ? UNFINISHED : end
  }
  return sound === UNFINISHED ? UNFINISHED : withoutSeparators(bytes, start, sound)
}

/** Whether what stands at `end` may come after the element that began at `start`. Undefined: it is not there yet. */
export function isElementFollowed(
  window: SplitWindow,
  start: number,
  end: number,
  isOutside: boolean,
): boolean | undefined {
  const { bytes } = window
  let isNewLine = false
  for (let i = end; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte === NEWLINE) isNewLine = true
    else if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) {
      if (byte === COMMA) return true
      if (!isOutside) return byte === 0x5d || (isNewLine && isOpening(byte))
      // An element in the middle of a line may be in an array whose beginning was damaged.
      return isOpening(byte) || byte === 0xef || (byte === 0x5d && !window.isLineStart(start))
    }
    if (isOutside && isNewLine) return true
  }
  return undefined
}

/** The end of something damaged by its brackets; of what does not begin with one, by its line. */
function closingEnd(start: number, stop: number, context: DamageContext): number {
  const { isOutside, hasBegun } = context
  const { bytes } = context.window
  if (isOpening(bytes[start])) return new BracketWalk().end(bytes, start, stop)
  return isOutside && hasBegun ? lineEnd(bytes, start, stop) : UNFINISHED
}

function lineEnd(bytes: Uint8Array, start: number, stop: number): number {
  const length = bytes.subarray(start, stop).indexOf(NEWLINE)
  return length < 0 ? UNFINISHED : start + length
}

/** The end of what is rejected before something sound. */
function withoutSeparators(bytes: Uint8Array, start: number, sound: number): number {
  let end = sound
  while (end - 1 > start && (bytes[end - 1]! <= 0x20 || bytes[end - 1] === COMMA)) end--
  return end
}
