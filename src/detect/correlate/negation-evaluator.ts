import type { RuleExpr } from '../../contracts.ts'
import type { Entries } from './entries.ts'
import type { Evaluator } from './evaluator.ts'
import type { Order } from './order.ts'
import type { CorrelationPlan } from './plan.ts'
import { holds } from './steps.ts'
import { createContent, type WindowContent } from './window.ts'

/** `temporal` with `not`: what is seen in the window, and what is near, which is up to a timespan behind it as well. */
export class NegationEvaluator implements Evaluator {
  position = -1
  readonly value = undefined
  #first = 0
  /** The rank behind what is near. */
  #nearEnd = 0
  readonly #entries: Entries
  readonly #plan: CorrelationPlan
  readonly #expression: RuleExpr
  readonly #seen: WindowContent
  readonly #near: WindowContent

  constructor(plan: CorrelationPlan, entries: Entries) {
    const { condition } = plan.rule.correlation
    if (condition.kind !== 'rules') throw new Error('a negation needs an expression')
    this.#entries = entries
    this.#plan = plan
    this.#expression = condition.expression
    this.#seen = createContent(entries, 'temporal', 0)
    this.#near = createContent(entries, 'temporal', 0)
  }

  seek(order: Order, rank: number): void {
    const timeUs = this.#entries.timesUs[order.row(rank)]!
    this.#seen.clear()
    this.#near.clear()
    this.#first = order.firstAfter(this.#entries, timeUs - this.#plan.timespanUs)
    for (let i = this.#first; i < rank; i++) {
      this.#seen.add(order.row(i))
      this.#near.add(order.row(i))
    }
    this.position = rank
    this.#nearEnd = rank
  }

  run(order: Order, end: number): boolean {
    const { timesUs } = this.#entries
    const { timespanUs, bits } = this.#plan
    const timeUs = timesUs[order.row(this.position)]!
    while (this.position < end) this.#seen.add(order.row(this.position++))
    while (this.#nearEnd < order.length && timesUs[order.row(this.#nearEnd)]! < timeUs + timespanUs)
      this.#near.add(order.row(this.#nearEnd++))
    while (timesUs[order.row(this.#first)]! <= timeUs - timespanUs) {
      this.#near.remove(order.row(this.#first))
      this.#seen.remove(order.row(this.#first++))
    }
    return holds(this.#expression, bits, this.#seen.value, this.#near.value)
  }

  /** Never: what is decided lies behind the watermark, and so does all that is near. */
  inserted(): void {
    this.position = -1
  }

  dropping(order: Order, count: number): void {
    if (count >= this.position) {
      this.position = -1
      return
    }
    while (this.#first < count) {
      this.#near.remove(order.row(this.#first))
      this.#seen.remove(order.row(this.#first++))
    }
    this.#first -= count
    this.#nearEnd -= count
    this.position -= count
  }
}
