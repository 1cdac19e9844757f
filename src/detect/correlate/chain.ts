import type { Entries } from './entries.ts'
import type { Order } from './order.ts'

/**
 * Follows one sequence of steps through the entries of a group, run by run (the entries of one microsecond are a run).
 * For every step it keeps the latest time at which a sequence up to that step may have begun: that is enough to know
 * whether one lies within a window.
 */
export class Chain {
  /** The bit of each step. */
  readonly #bits: readonly number[]
  /** By step, from 1; -Infinity when it was not reached. */
  #begins: Float64Array
  #next: Float64Array

  constructor(bits: readonly number[]) {
    this.#bits = bits
    this.#begins = new Float64Array(bits.length + 1)
    this.#next = new Float64Array(bits.length + 1)
    this.clear()
  }

  clear(): void {
    this.#begins.fill(Number.NEGATIVE_INFINITY)
  }

  /** When the latest complete sequence began. */
  get beganUs(): number {
    return this.#bits.length === 0
      ? Number.NEGATIVE_INFINITY
      : this.#begins[this.#begins.length - 1]!
  }

  addRun(entries: Entries, order: Order, from: number, end: number): void {
    const timeUs = entries.timesUs[order.row(from)]!
    if (end - from === 1) this.#addOne(entries.steps[order.row(from)]!, timeUs)
    else this.#addMany(entries, order, from, end, timeUs)
  }

  /** From the last step to the first, so that one event takes one step. */
  #addOne(steps: number, timeUs: number): void {
    for (let step = this.#bits.length; step > 0; step--) {
      if ((steps & this.#bits[step - 1]!) === 0) continue
      const began = step === 1 ? timeUs : this.#begins[step - 1]!
      if (began > this.#begins[step]!) this.#begins[step] = began
    }
  }

  /** Entries of equal time may take their steps in any order, each of them one. */
  #addMany(entries: Entries, order: Order, from: number, end: number, timeUs: number): void {
    const next = this.#next
    next.set(this.#begins)
    for (let reached = 0; reached < this.#bits.length; reached++) {
      const began = reached === 0 ? timeUs : this.#begins[reached]!
      if (began === Number.NEGATIVE_INFINITY) continue
      const takenBy = new Map<number, number>()
      for (let step = reached + 1; step <= this.#bits.length; step++) {
        if (!this.#take(step, takenBy, entries, order, from, end, new Set())) break
        if (began > next[step]!) next[step] = began
      }
    }
    this.#next = this.#begins
    this.#begins = next
  }

  /** Finds an entry for a step; the step that has it may have to take another one (bipartite matching). */
  #take(
    step: number,
    takenBy: Map<number, number>,
    entries: Entries,
    order: Order,
    from: number,
    end: number,
    asked: Set<number>,
  ): boolean {
    for (let rank = from; rank < end; rank++) {
      if ((entries.steps[order.row(rank)]! & this.#bits[step - 1]!) === 0 || asked.has(rank))
        continue
      asked.add(rank)
      const other = takenBy.get(rank)
      if (other === undefined || this.#take(other, takenBy, entries, order, from, end, asked)) {
        takenBy.set(rank, step)
        return true
      }
    }
    return false
  }
}
