import type { Entries } from './entries.ts'
import { createEvaluator, type Evaluator } from './evaluator.ts'
import type { Members } from './members.ts'
import type { Order } from './order.ts'
import type { CorrelationPlan } from './plan.ts'
import type { RuleState } from './rule-state.ts'
import { type Observed, type ToldMatch, toldMatch } from './window-match.ts'

/** Finds the windows of groups for which the condition is true, and tells each of their entries once. */
export class Telling {
  readonly #state: RuleState
  readonly #plan: CorrelationPlan
  readonly #entries: Entries
  readonly #members: Members
  /** Made anew for every group that has none of its own. */
  readonly #scratch: Evaluator
  readonly #second: Evaluator
  #observed: Observed | undefined
  #told: ToldMatch[] = []

  constructor(state: RuleState) {
    this.#state = state
    this.#plan = state.plan
    this.#entries = state.entries
    this.#members = state.members
    this.#scratch = createEvaluator(state.plan, state.entries)
    this.#second = createEvaluator(state.plan, state.entries)
  }

  /** Something has changed from an entry on: tells it, and every later one whose window is true by now. */
  tellFrom(group: number, row: number, observed: Observed | undefined, told: ToldMatch[]): void {
    const order = this.#members.orderOf(group)
    const large = this.#members.large(group)
    const { timesUs } = this.#entries
    const timeUs = timesUs[row]!
    if (order.length * this.#entries.mostTexts >= this.#plan.leastCounted) {
      this.#observed = observed
      this.#told = told
      const start = order.firstFrom(this.#entries, timeUs)
      const isHead = order.length > start && timesUs[order.row(order.length - 1)] === timeUs
      if (isHead) this.#tellHead(group, order, start)
      else this.#tellLater(group, order, start, large?.lastUntoldUs)
    }
    if (large !== undefined && !this.#entries.isTold(row))
      large.lastUntoldUs = Math.max(large.lastUntoldUs, timeUs)
  }

  /** Decides the runs from a time on that are due. Returns the time of the first one that is not. */
  decide(
    group: number,
    fromUs: number,
    watermarkUs: number,
    told: ToldMatch[],
  ): number | undefined {
    const order = this.#members.orderOf(group)
    const { timesUs } = this.#entries
    let rank = order.firstFrom(this.#entries, fromUs)
    if (rank === order.length) return undefined
    this.#observed = undefined
    this.#told = told
    const isTrue = this.#decider(group, order, rank)
    while (rank < order.length) {
      const timeUs = timesUs[order.row(rank)]!
      if (timeUs + this.#plan.holdUs >= watermarkUs) return timeUs
      const end = order.endOfRun(this.#entries, rank)
      const evaluator = isTrue(rank, end)
      if (evaluator !== undefined) this.#tellRun(group, order, rank, end, evaluator.value)
      rank = end
    }
    return undefined
  }

  #tellHead(group: number, order: Order, start: number): void {
    const evaluator = this.#evaluatorOf(group)
    if (evaluator === this.#scratch || evaluator.position < 0) evaluator.seek(order, start)
    if (evaluator.run(order, order.length))
      this.#tellRun(group, order, start, order.length, evaluator.value)
  }

  #tellLater(group: number, order: Order, start: number, lastUntoldUs: number | undefined): void {
    const { timesUs } = this.#entries
    const evaluator = this.#scratch
    let rank = start
    if (rank === order.length) return
    // What one change may complete ends within a timespan of it; but it may have been one of several.
    const untilUs = lastUntoldUs ?? Number.POSITIVE_INFINITY
    evaluator.seek(order, rank)
    do {
      const end = order.endOfRun(this.#entries, rank)
      if (evaluator.run(order, end)) this.#tellRun(group, order, rank, end, evaluator.value)
      rank = end
    } while (rank < order.length && timesUs[order.row(rank)]! <= untilUs)
  }

  /** The one that a large group keeps, else the one that is made anew for each. */
  #evaluatorOf(group: number): Evaluator {
    const large = this.#members.large(group)
    if (large === undefined) return this.#scratch
    large.evaluator ??= createEvaluator(this.#plan, this.#entries)
    return large.evaluator
  }

  /** Says of one run after the other, from a rank on, whether it is a match; if so, the evaluator that stands at it. */
  #decider(
    group: number,
    order: Order,
    from: number,
  ): (rank: number, end: number) => Evaluator | undefined {
    if (this.#plan.telling === 'fewer') return this.#fewerDecider(order, from)
    const evaluator = this.#evaluatorOf(group)
    if (evaluator === this.#scratch || evaluator.position !== from) evaluator.seek(order, from)
    return (_rank, end) => (evaluator.run(order, end) ? evaluator : undefined)
  }

  /** The condition has to be true of all windows that hold the run: those that runs up to a timespan later end. */
  #fewerDecider(order: Order, from: number): (rank: number, end: number) => Evaluator | undefined {
    const { timesUs } = this.#entries
    let ahead = from
    let falseUs = Number.NEGATIVE_INFINITY
    this.#scratch.seek(order, from)
    return (rank, end) => {
      const timeUs = timesUs[order.row(rank)]!
      while (ahead < order.length && timesUs[order.row(ahead)]! < timeUs + this.#plan.timespanUs) {
        const aheadUs = timesUs[order.row(ahead)]!
        ahead = order.endOfRun(this.#entries, ahead)
        if (!this.#scratch.run(order, ahead)) falseUs = aheadUs
      }
      if (falseUs >= timeUs) return undefined
      this.#second.seek(order, rank)
      this.#second.run(order, end)
      return this.#second
    }
  }

  #tellRun(
    group: number,
    order: Order,
    from: number,
    end: number,
    value: number | undefined,
  ): void {
    for (let rank = from; rank < end; rank++) {
      const row = order.row(rank)
      if (this.#entries.isTold(row)) continue
      this.#entries.setTold(row)
      this.#members.touched(group, row)
      this.#state.changes.mark(group)
      this.#told.push(toldMatch(this.#state, group, row, value, this.#observed))
    }
  }
}
