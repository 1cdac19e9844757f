import type { Admission } from './admission.ts'
import { numbersInBoth, type RuleBits } from './rule-bits.ts'

const SLOT_BITS = 12
const SLOTS = 1 << SLOT_BITS

/**
 * Which of the admitted rules have a needle. Ordinary traffic shows the same needles in the same circumstances, so what was worked
 * out for two is kept, in a table of fixed size.
 */
export class CommonRules {
  readonly #needleRules: readonly RuleBits[]
  readonly #admissions = new Float64Array(SLOTS).fill(-1)
  readonly #needles = new Int32Array(SLOTS)
  readonly #answers: (readonly number[])[] = []

  /** The rules of each needle. */
  constructor(needleRules: readonly RuleBits[]) {
    this.#needleRules = needleRules
  }

  of({ number, rules }: Admission, needle: number): readonly number[] {
    const slot =
      (Math.imul(number, 0x9e3779b1) ^ Math.imul(needle, 0x85ebca6b)) >>> (32 - SLOT_BITS)
    if (this.#admissions[slot] === number && this.#needles[slot] === needle)
      return this.#answers[slot]!
    const answer = numbersInBoth(rules, this.#needleRules[needle]!)
    this.#admissions[slot] = number
    this.#needles[slot] = needle
    this.#answers[slot] = answer
    return answer
  }
}
