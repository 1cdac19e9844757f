import { Chain } from './chain.ts'
import type { Entries } from './entries.ts'
import type { Evaluator } from './evaluator.ts'
import type { Order } from './order.ts'
import type { CorrelationPlan } from './plan.ts'
import type { Sequence } from './sequences.ts'

/** `temporal_ordered`. */
export class SequenceEvaluator implements Evaluator {
  position = -1
  readonly value = undefined
  readonly #entries: Entries
  readonly #timespanUs: number
  readonly #sequences: readonly (Sequence & { readonly chain: Chain })[]

  constructor(plan: CorrelationPlan, entries: Entries) {
    this.#entries = entries
    this.#timespanUs = plan.timespanUs
    this.#sequences = plan.sequences.map((sequence) => ({
      ...sequence,
      chain: new Chain(sequence.steps),
    }))
  }

  seek(order: Order, rank: number): void {
    for (const { chain } of this.#sequences) chain.clear()
    const timeUs = this.#entries.timesUs[order.row(rank)]!
    let at = order.firstAfter(this.#entries, timeUs - this.#timespanUs)
    while (at < rank) at = this.#follow(order, at, order.endOfRun(this.#entries, at))
    this.position = rank
  }

  run(order: Order, end: number): boolean {
    const timeUs = this.#entries.timesUs[order.row(end - 1)]!
    const from = order.firstFrom(this.#entries, timeUs)
    // Of a run that has grown, the steps have to be shared out anew.
    if (this.position > from) this.seek(order, from)
    while (this.position < end)
      this.position = this.#follow(
        order,
        this.position,
        Math.min(end, order.endOfRun(this.#entries, this.position)),
      )
    for (const sequence of this.#sequences)
      if (
        sequence.chain.beganUs > timeUs - this.#timespanUs &&
        this.#endsSequence(sequence, order, from, end, timeUs)
      )
        return true
    return false
  }

  /** Whether the run of a time ends a sequence that lies in the window, and nothing that it must not have is around. */
  #endsSequence(
    { last, notInWindow, notAfter }: Sequence,
    order: Order,
    from: number,
    end: number,
    timeUs: number,
  ): boolean {
    return (
      (last & this.#stepsBetween(order, from, timeUs + 1)) !== 0 &&
      (notInWindow === 0 || (notInWindow & this.#stepsInWindow(order, end, timeUs)) === 0) &&
      (notAfter === 0 ||
        (notAfter & this.#stepsBetween(order, from, timeUs + this.#timespanUs)) === 0)
    )
  }

  /** A sequence may run through the new entry. */
  inserted(): void {
    this.position = -1
  }

  dropping(_order: Order, count: number): void {
    this.position = count >= this.position ? -1 : this.position - count
  }

  #follow(order: Order, from: number, end: number): number {
    for (const { chain } of this.#sequences) chain.addRun(this.#entries, order, from, end)
    return end
  }

  #stepsInWindow(order: Order, end: number, timeUs: number): number {
    const first = order.firstAfter(this.#entries, timeUs - this.#timespanUs)
    let steps = 0
    for (let i = first; i < end; i++) steps |= this.#entries.steps[order.row(i)]!
    return steps
  }

  #stepsBetween(order: Order, from: number, beforeUs: number): number {
    const { timesUs, steps } = this.#entries
    let seen = 0
    for (let i = from; i < order.length && timesUs[order.row(i)]! < beforeUs; i++)
      seen |= steps[order.row(i)]!
    return seen
  }
}
