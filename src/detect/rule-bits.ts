/** A set of rules: one bit each, 32 to a word. */
export type RuleBits = Int32Array

/** The set of the places in a list whose entries pass. */
export function rulesWhere<T>(entries: readonly T[], passes: (entry: T) => boolean): RuleBits {
  const rules = new Int32Array(Math.ceil(entries.length / 32))
  for (const [rule, entry] of entries.entries()) {
    if (passes(entry)) addRule(rules, rule)
  }
  return rules
}

export function addRule(rules: RuleBits, rule: number): RuleBits {
  rules[rule >> 5]! |= 1 << (rule & 31)
  return rules
}

/** Fills `found` with the rules that are in all of the sets. */
export function intersect(all: RuleBits, sets: readonly RuleBits[], found: number[]): void {
  found.length = 0
  for (let word = 0; word < all.length; word++) {
    let bits = all[word]!
    for (let i = 0; i < sets.length && bits !== 0; i++) bits &= sets[i]![word]!
    while (bits !== 0) {
      found.push(word * 32 + lowestBit(bits))
      bits &= bits - 1
    }
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}
