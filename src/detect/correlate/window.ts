import type { CorrelationType } from '../../contracts.ts'
import type { Entries } from './entries.ts'
import { ExactSum } from './exact-sum.ts'
import { RefCounts } from './ref-counts.ts'
import { SortedNumbers } from './sorted-numbers.ts'

/** What is measured of the entries of a window, kept up to date while they come and go. */
export interface WindowContent {
  add(row: number): void
  /** Of an entry that is there. */
  remove(row: number): void
  clear(): void
  /** What a threshold is compared with; for the temporal types the steps that are there, as bits. */
  readonly value: number
}

export function createContent(
  entries: Entries,
  type: CorrelationType,
  percentile: number,
): WindowContent {
  switch (type) {
    case 'event_count':
      return new Count()
    case 'value_count':
      return new DistinctValues(entries)
    case 'temporal':
    case 'temporal_ordered':
      return new StepsSeen(entries)
    case 'value_sum':
    case 'value_avg':
      return new Sum(entries, type === 'value_avg')
    case 'value_median':
      return new Percentile(entries, 50)
    case 'value_percentile':
      return new Percentile(entries, percentile)
    default:
      return type satisfies never
  }
}

class Count implements WindowContent {
  value = 0

  add(): void {
    this.value += 1
  }

  remove(): void {
    this.value -= 1
  }

  clear(): void {
    this.value = 0
  }
}

class DistinctValues implements WindowContent {
  readonly #entries: Entries
  readonly #values = new RefCounts()

  constructor(entries: Entries) {
    this.#entries = entries
  }

  get value(): number {
    return this.#values.size
  }

  add(row: number): void {
    const { values } = this.#entries
    const many = this.#entries.manyWords(row)
    if (many === undefined) this.#values.add(values[row * 2]!, values[row * 2 + 1]!)
    else for (let i = 0; i < many.length; i += 2) this.#values.add(many[i]!, many[i + 1]!)
  }

  remove(row: number): void {
    const { values } = this.#entries
    const many = this.#entries.manyWords(row)
    if (many === undefined) this.#values.remove(values[row * 2]!, values[row * 2 + 1]!)
    else for (let i = 0; i < many.length; i += 2) this.#values.remove(many[i]!, many[i + 1]!)
  }

  clear(): void {
    this.#values.clear()
  }
}

class StepsSeen implements WindowContent {
  value = 0
  readonly #entries: Entries
  readonly #counts = new Uint32Array(32)

  constructor(entries: Entries) {
    this.#entries = entries
  }

  add(row: number): void {
    const steps = this.#entries.steps[row]!
    this.value = (this.value | steps) >>> 0
    for (let rest = steps; rest !== 0; rest &= rest - 1) this.#counts[bitOf(rest)]! += 1
  }

  remove(row: number): void {
    for (let rest = this.#entries.steps[row]!; rest !== 0; rest &= rest - 1) {
      const bit = bitOf(rest)
      this.#counts[bit]! -= 1
      if (this.#counts[bit] === 0) this.value = (this.value & ~(1 << bit)) >>> 0
    }
  }

  clear(): void {
    this.#counts.fill(0)
    this.value = 0
  }
}

/** The number of the lowest bit that is set. */
function bitOf(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}

class Sum implements WindowContent {
  readonly #entries: Entries
  readonly #isMean: boolean
  readonly #sum = new ExactSum()
  #numbers = 0

  constructor(entries: Entries, isMean: boolean) {
    this.#entries = entries
    this.#isMean = isMean
  }

  get value(): number {
    return this.#isMean ? this.#sum.value / this.#numbers : this.#sum.value
  }

  add(row: number): void {
    forEachNumber(this.#entries, row, (number) => this.#add(number, 1))
  }

  remove(row: number): void {
    forEachNumber(this.#entries, row, (number) => this.#add(-number, -1))
  }

  clear(): void {
    this.#sum.clear()
    this.#numbers = 0
  }

  #add(number: number, count: number): void {
    this.#sum.add(number)
    this.#numbers += count
  }
}

class Percentile implements WindowContent {
  readonly #entries: Entries
  readonly #percent: number
  readonly #sorted = new SortedNumbers()

  constructor(entries: Entries, percent: number) {
    this.#entries = entries
    this.#percent = percent
  }

  get value(): number {
    return this.#sorted.percentile(this.#percent)
  }

  add(row: number): void {
    forEachNumber(this.#entries, row, (number) => this.#sorted.add(number))
  }

  remove(row: number): void {
    forEachNumber(this.#entries, row, (number) => this.#sorted.remove(number))
  }

  clear(): void {
    this.#sorted.clear()
  }
}

function forEachNumber(entries: Entries, row: number, use: (number: number) => void): void {
  const many = entries.manyNumbers(row)
  if (many === undefined) use(entries.numbers[row]!)
  else for (const number of many) use(number)
}
