/** Pairs of characters that are compared: some milliseconds. A slip in a name of an event takes a quarter at most. */
const mostPairs = 1 << 17

/**
 * The candidate that is most like the text, if it takes few enough changes to be a slip: at most a third of its length. Of candidates beyond
 * a bound on the work nothing is said: names come from whoever writes the file.
 */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  const folded = text.toLowerCase()
  let best: string | undefined
  let bestDistance = Math.floor(text.length / 3) + 1
  let pairs = 0
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - text.length) >= bestDistance) continue
    pairs += candidate.length * text.length
    if (pairs > mostPairs) break
    const distance = editDistance(folded, candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** How many characters have to be put in, taken out or replaced, or swapped with their neighbour. */
export function editDistance(first: string, second: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: second.length + 1 }, (_none, column) => column)
  for (let row = 1; row <= first.length; row++) {
    const current = [row]
    for (let column = 1; column <= second.length; column++) {
      const isSame = first[row - 1] === second[column - 1]
      const isSwapped =
        first[row - 1] === second[column - 2] && first[row - 2] === second[column - 1]
      current[column] = Math.min(
        last[column]! + 1,
        current[column - 1]! + 1,
        last[column - 1]! + (isSame ? 0 : 1),
        isSwapped ? beforeLast[column - 2]! + 1 : Infinity,
      )
    }
    beforeLast = last
    last = current
  }
  return last[second.length]!
}
