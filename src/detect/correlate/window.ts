import type { CorrelationType } from '../../contracts.ts'
import type { Entries } from './entries.ts'
import { ExactSum } from './exact-sum.ts'
import type { Order } from './order.ts'
import { RefCounts } from './ref-counts.ts'
import { SortedNumbers } from './sorted-numbers.ts'

/** What is in a window, kept up to date while entries come and go. */
export interface WindowContent {
  add(row: number): void
  /** Takes out the first entry of the window, of rank `at`; those behind it and before `end` stay. */
  removeFirst(order: Order, at: number, end: number): void
  clear(): void
  /** What a threshold is compared with; for the temporal types the steps that are there, as bits. */
  readonly value: number
  /** Requests, or events where those are counted. */
  readonly count: number
  readonly bytes: number
}

export interface ContentShape {
  readonly type: CorrelationType
  readonly percentile: number
  readonly countsRequests: boolean
}

export function createContent(entries: Entries, shape: ContentShape): WindowContent {
  const measure = measureOf(entries, shape)
  return shape.countsRequests ? new DistinctRequests(entries, measure) : new AllEntries(measure)
}

/** What is measured of the entries that count. */
interface Measure {
  add(row: number): void
  remove(row: number): void
  clear(): void
  /** Undefined: the count itself. */
  readonly value: number | undefined
  readonly bytes: number
  /** Of each request only the first entry counts; otherwise every one does, and it makes no difference. */
  readonly wantsFirst: boolean
}

function measureOf(entries: Entries, { type, percentile }: ContentShape): Measure {
  switch (type) {
    case 'event_count':
      return justCount
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

class AllEntries implements WindowContent {
  count = 0
  readonly #measure: Measure

  constructor(measure: Measure) {
    this.#measure = measure
  }

  get value(): number {
    return this.#measure.value ?? this.count
  }

  get bytes(): number {
    return this.#measure.bytes
  }

  add(row: number): void {
    this.count += 1
    this.#measure.add(row)
  }

  removeFirst(order: Order, at: number): void {
    this.count -= 1
    this.#measure.remove(order.row(at))
  }

  clear(): void {
    this.count = 0
    this.#measure.clear()
  }
}

class DistinctRequests implements WindowContent {
  readonly #entries: Entries
  readonly #measure: Measure
  readonly #requests = new RefCounts()

  constructor(entries: Entries, measure: Measure) {
    this.#entries = entries
    this.#measure = measure
  }

  get value(): number {
    return this.#measure.value ?? this.count
  }

  get count(): number {
    return this.#requests.size
  }

  get bytes(): number {
    return this.#measure.bytes + this.#requests.bytes
  }

  add(row: number): void {
    const { requests } = this.#entries
    const times = this.#requests.add(requests[row * 2]!, requests[row * 2 + 1]!)
    if (times === 1 || !this.#measure.wantsFirst) this.#measure.add(row)
  }

  removeFirst(order: Order, at: number, end: number): void {
    const { requests } = this.#entries
    const row = order.row(at)
    const high = requests[row * 2]!
    const low = requests[row * 2 + 1]!
    const left = this.#requests.remove(high, low)
    this.#measure.remove(row)
    if (left === 0 || !this.#measure.wantsFirst) return
    // The next entry of the request is the first now.
    for (let i = at + 1; i < end; i++) {
      const next = order.row(i)
      if (requests[next * 2] !== high || requests[next * 2 + 1] !== low) continue
      this.#measure.add(next)
      return
    }
  }

  clear(): void {
    this.#requests.clear()
    this.#measure.clear()
  }
}

const nothing = (): void => undefined
const justCount: Measure = {
  add: nothing,
  remove: nothing,
  clear: nothing,
  value: undefined,
  bytes: 0,
  wantsFirst: false,
}

class DistinctValues implements Measure {
  readonly wantsFirst = false
  readonly #entries: Entries
  readonly #values = new RefCounts()

  constructor(entries: Entries) {
    this.#entries = entries
  }

  get value(): number {
    return this.#values.size
  }

  get bytes(): number {
    return this.#values.bytes
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

class StepsSeen implements Measure {
  readonly wantsFirst = false
  readonly bytes = 0
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

class Sum implements Measure {
  readonly wantsFirst = true
  readonly bytes = 0
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

class Percentile implements Measure {
  readonly wantsFirst = true
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

  get bytes(): number {
    return this.#sorted.bytes
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
