/** A set of rules: one bit each, 32 to a word. */
export type RuleBits = Int32Array

/** The set of the places in a list whose entries pass. */
export function rulesWhere<T>(entries: readonly T[], passes: (entry: T) => boolean): RuleBits {
  const rules = new Int32Array(Math.ceil(entries.length / 32))
  for (let rule = 0; rule < entries.length; rule++) {
    // A list has an entry at every place.
    if (passes(entries[rule] as T)) addRule(rules, rule)
  }
  return rules
}

export function addRule(rules: RuleBits, rule: number): RuleBits {
  rules[rule >> 5]! |= 1 << (rule & 31)
  return rules
}

export function removeRule(rules: RuleBits, rule: number): RuleBits {
  rules[rule >> 5]! &= ~(1 << (rule & 31))
  return rules
}

export function hasRule(rules: RuleBits, rule: number): boolean {
  return ((rules[rule >> 5]! >> (rule & 31)) & 1) !== 0
}

export function hasCommon(rules: RuleBits, others: RuleBits): boolean {
  return rules.some((word, at) => (word & others[at]!) !== 0)
}

/** Takes out of a set what is not in the other one. */
export function keepCommon(rules: RuleBits, others: RuleBits): void {
  for (let word = 0; word < rules.length; word++) rules[word]! &= others[word]!
}

/** The numbers of the rules that are in both sets, in ascending order. */
export function numbersInBoth(rules: RuleBits, others: RuleBits): number[] {
  const found: number[] = []
  for (let word = 0; word < rules.length; word++) {
    for (let bits = rules[word]! & others[word]!; bits !== 0; bits &= bits - 1)
      found.push(word * 32 + lowestBit(bits))
  }
  return found
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}
