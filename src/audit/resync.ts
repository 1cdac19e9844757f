import type { ItemScanner } from './item-scan.ts'
import { invalidPlace, spaceEnd, UNFINISHED } from './json-scan.ts'
import { isOpening } from './lenient.ts'

/** There is no such place. */
export const NONE = -2

/**
 * After damage: the first place in `bytes[from, to)` where something sound begins, or NONE, or UNFINISHED when bytes
 * behind `stop` decide. Sound is a line that begins with a bracket (another document, as in JSON lines), or a valid
 * object with `auditID` and `stage`. Quotes and brackets alone cannot tell: one lost quote turns them all around.
 */
export function findSoundStart(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  stop: number,
  isFinal: boolean,
  item: ItemScanner,
): number {
  // Objects may be nested and each fail at the same far place: past this, only line starts are looked for.
  let budget = 16 * (to - from) + 65_536
  for (let i = from; i < to; i++) {
    const byte = bytes[i]
    if (byte === 0x0a && i + 1 < stop && isOpening(bytes[i + 1])) return i + 1
    if (byte !== 0x7b || budget <= 0) continue
    if (bytes[spaceEnd(view, i + 1, stop)] !== 0x22) continue
    const end = item.scan(i, stop)
    if (end >= 0) {
      if (item.isSurelyEvent) return i
      budget -= end - i
      // What is valid and no event is skipped whole, but for its last byte: a line may begin behind it.
      i = end - 1
    } else if (end === UNFINISHED) {
      if (!isFinal) return UNFINISHED
      budget = 0
    } else budget -= invalidPlace(end) - i
  }
  return NONE
}
