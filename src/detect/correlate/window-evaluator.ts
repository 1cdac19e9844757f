import { passesThreshold } from '../../sigma/number-test.ts'
import type { Entries } from './entries.ts'
import type { Evaluator } from './evaluator.ts'
import type { Order } from './order.ts'
import type { CorrelationPlan } from './plan.ts'
import { holds } from './steps.ts'
import { createContent, type WindowContent } from './window.ts'

/** A window that moves forward, and its content. */
export class WindowEvaluator implements Evaluator {
  position = -1
  #first = 0
  readonly #entries: Entries
  readonly #timespanUs: number
  readonly #content: WindowContent
  readonly #isTrue: (value: number) => boolean
  readonly #hasValue: boolean

  constructor(plan: CorrelationPlan, entries: Entries) {
    this.#entries = entries
    this.#timespanUs = plan.timespanUs
    this.#content = createContent(entries, plan.rule.correlation.type, plan.percentile)
    this.#isTrue = conditionOf(plan)
    this.#hasValue = !plan.entryShape.hasSteps
  }

  get value(): number | undefined {
    return this.#hasValue ? this.#content.value : undefined
  }

  seek(order: Order, rank: number): void {
    const timeUs = this.#entries.timesUs[order.row(rank)]!
    this.#content.clear()
    this.#first = order.firstAfter(this.#entries, timeUs - this.#timespanUs)
    for (let i = this.#first; i < rank; i++) this.#content.add(order.row(i))
    this.position = rank
  }

  run(order: Order, end: number): boolean {
    const { timesUs } = this.#entries
    const afterUs = timesUs[order.row(end - 1)]! - this.#timespanUs
    while (this.position < end) this.#content.add(order.row(this.position++))
    while (timesUs[order.row(this.#first)]! <= afterUs)
      this.#content.remove(order.row(this.#first++))
    return this.#isTrue(this.#content.value)
  }

  /** Only rules that tell at once have this happen, and what they measure does not depend on the order. */
  inserted(order: Order, rank: number): void {
    if (this.position < 0) return
    const { timesUs } = this.#entries
    const row = order.row(rank)
    this.position += 1
    const afterUs = timesUs[order.row(this.position - 1)]! - this.#timespanUs
    if (timesUs[row]! > afterUs) this.#content.add(row)
    else this.#first += 1
  }

  dropping(order: Order, count: number): void {
    if (count >= this.position) {
      this.position = -1
      return
    }
    while (this.#first < count) this.#content.remove(order.row(this.#first++))
    this.#first -= count
    this.position -= count
  }
}

/** Whether what is in a window makes the condition true, where nothing is negated. */
function conditionOf({ rule, bits, entryShape }: CorrelationPlan): (value: number) => boolean {
  const { condition } = rule.correlation
  if (condition.kind === 'rules') {
    const { expression } = condition
    return (steps) => holds(expression, bits, steps, steps)
  }
  const { tests } = condition
  const passes = (value: number) => tests.every((test) => passesThreshold(value, test))
  return entryShape.hasSteps ? (steps) => passes(countOfBits(steps)) : passes
}

function countOfBits(bits: number): number {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1
  return count
}
