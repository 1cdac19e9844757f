import type { RuleState } from './rule-state.ts'

/**
 * Of the entries of one request, in order of time, the new one and those of which something else counts now, and what that
 * is: a step counts when it has not counted for a timespan before. What the watermark has passed stays as it is.
 */
export function* countSteps(
  { entries, plan }: RuleState,
  rows: readonly number[],
  isIn: (row: number) => boolean,
  added: number,
  watermarkUs: number,
): Generator<readonly [row: number, counted: number]> {
  const { timespanUs, entryShape } = plan
  const countedUs = Array<number>(entryShape.hasSteps ? plan.bits.size : 1).fill(
    Number.NEGATIVE_INFINITY,
  )
  for (const row of rows) {
    const timeUs = entries.timesUs[row]!
    const counts = !isIn(row) ? 0 : entryShape.hasSteps ? entries.steps[row]! : 1
    let counted = counts
    if (timeUs >= watermarkUs) {
      counted = 0
      for (let bit = 0, rest = entries.matchedSteps(row); rest !== 0; bit++, rest >>>= 1)
        if ((rest & 1) !== 0 && timeUs - countedUs[bit]! >= timespanUs)
          counted = (counted | (1 << bit)) >>> 0
    }
    for (let bit = 0, rest = counted; rest !== 0; bit++, rest >>>= 1)
      if ((rest & 1) !== 0) countedUs[bit] = timeUs
    if (counted !== counts || row === added) yield [row, counted]
  }
}
