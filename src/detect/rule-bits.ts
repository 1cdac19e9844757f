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

/** Takes out of a set what is not in the other one. */
export function keepCommon(rules: RuleBits, others: RuleBits): void {
  for (let word = 0; word < rules.length; word++) rules[word]! &= others[word]!
}

/** Adds to a set all of the other one. */
export function addAll(rules: RuleBits, others: RuleBits): void {
  for (let word = 0; word < rules.length; word++) rules[word]! |= others[word]!
}

export function haveCommon(rules: RuleBits, others: RuleBits): boolean {
  for (let word = 0; word < rules.length; word++) {
    if ((rules[word]! & others[word]!) !== 0) return true
  }
  return false
}

/** Appends the numbers of the rules in a set, in ascending order. */
export function numbersIn(rules: RuleBits, found: number[]): void {
  for (let word = 0; word < rules.length; word++) {
    for (let bits = rules[word]!; bits !== 0; bits &= bits - 1)
      found.push(word * 32 + lowestBit(bits))
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}
