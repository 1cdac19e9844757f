import type { FieldReader } from '../../contracts.ts'
import type { CorrelationMatch, GroupValue } from './correlator.ts'
import { DueHeap } from './due-heap.ts'
import { type Carried, Entries } from './entries.ts'
import { createEvaluator, type Evaluator } from './evaluator.ts'
import {
  countedValuesOf,
  groupsOf,
  keyOf,
  numbersOf,
  type Observation,
  valuesOfKey,
} from './observation.ts'
import { Order } from './order.ts'
import type { CorrelationPlan } from './plan.ts'
import { RefCounts } from './ref-counts.ts'
import { isRequestKnown, markRepeats } from './repeats.ts'

/** What came of the observations of a rule, for the counters. */
export interface ObservedCounts {
  observed: number
  /** Older than the watermark. */
  late: number
  /** A field of `group-by` or of the condition was missing. */
  incomplete: number
}

/** A match, and what correlations over it see of its event. */
export interface ToldMatch {
  readonly match: CorrelationMatch
  readonly requestId: string
  readonly reader: FieldReader
}

interface Group {
  readonly cluster: string
  readonly key: string
  readonly order: Order
  /** How many entries of each request a large group has, where that makes a difference. */
  requests: RefCounts | undefined
  /** Of a group that is large enough for one of its own. */
  evaluator: Evaluator | undefined
  /** No entry later than that is still to be told. */
  lastUntoldUs: number
  /** When it is in the heap of what is due; `Infinity` when it is not. */
  dueUs: number
}

/** What is counted of an observation. */
interface Values {
  readonly texts?: readonly string[]
  readonly numbers?: readonly number[]
}

/** Groups of more entries keep their window; of smaller ones it is made anew each time. */
const smallGroup = 16
/** How many events of its window a match names. */
const maxReferences = 50

/** The windows of one correlation: all its groups, in all clusters. */
export class RuleWindows {
  readonly plan: CorrelationPlan
  readonly counts: ObservedCounts = { observed: 0, late: 0, incomplete: 0 }
  readonly #entries: Entries
  readonly #groups = new Map<string, Group>()
  readonly #dueByCluster = new Map<string, DueHeap<Group>>()
  readonly #scratch: Evaluator
  readonly #second: Evaluator

  constructor(plan: CorrelationPlan) {
    this.plan = plan
    this.#entries = new Entries(plan.entryShape)
    this.#scratch = createEvaluator(plan, this.#entries)
    this.#second = createEvaluator(plan, this.#entries)
  }

  /** What is older than the watermark comes too late. Appends to `told` what is true by now and was not told before. */
  observe(rule: string, observation: Observation, watermarkUs: number, told: ToldMatch[]): void {
    if (observation.timeUs < watermarkUs) {
      this.counts.late += 1
      return
    }
    const groups = groupsOf(this.plan.rule.correlation.groupBy, rule, observation)
    const values = this.#valuesOf(rule, observation)
    if (groups === undefined || values === undefined) {
      this.counts.incomplete += 1
      return
    }
    this.counts.observed += 1
    const steps = this.plan.bits.get(rule) ?? 0
    for (const names of groups) {
      const group = this.#group(observation.cluster, names)
      this.#trim(group, watermarkUs)
      const rank = this.#insert(group, observation, steps, values)
      if (rank < 0) continue
      if (this.plan.telling === 'atOnce') this.#tellNow(group, rank, told)
      else this.#schedule(group, observation.timeUs + this.plan.holdUs)
    }
  }

  /** When, by the watermark, the next group of a cluster is due; `Infinity` when none is. */
  nextDueUs(cluster: string): number {
    return this.#dueByCluster.get(cluster)?.earliestUs ?? Number.POSITIVE_INFINITY
  }

  /** Decides what the watermark has passed. */
  close(cluster: string, watermarkUs: number, told: ToldMatch[]): void {
    const heap = this.#dueByCluster.get(cluster)
    if (heap === undefined) return
    while (heap.earliestUs < watermarkUs) {
      const dueUs = heap.earliestUs
      const group = heap.pop()
      if (group?.dueUs !== dueUs) continue
      group.dueUs = Number.POSITIVE_INFINITY
      const nextUs = this.#decide(group, dueUs - this.plan.holdUs, watermarkUs, told)
      if (nextUs !== undefined) this.#schedule(group, nextUs + this.plan.holdUs)
    }
  }

  #valuesOf(rule: string, observation: Observation): Values | undefined {
    const { condition } = this.plan.rule.correlation
    if (condition.kind === 'rules') return {}
    switch (this.plan.entryShape.values) {
      case 'none':
        return {}
      case 'texts': {
        const texts = countedValuesOf(condition.fields, rule, observation)
        return texts && { texts }
      }
      case 'numbers': {
        const numbers = numbersOf(condition.fields, rule, observation)
        return numbers && { numbers }
      }
      default:
        return this.plan.entryShape.values satisfies never
    }
  }

  #group(cluster: string, names: readonly string[]): Group {
    const key = keyOf([cluster, ...names])
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const group: Group = {
      cluster,
      key,
      order: new Order(),
      requests: undefined,
      evaluator: undefined,
      lastUntoldUs: Number.NEGATIVE_INFINITY,
      dueUs: Number.POSITIVE_INFINITY,
    }
    this.#groups.set(key, group)
    return group
  }

  /** Drops what no window can hold that is still to be decided. */
  #trim(group: Group, watermarkUs: number): void {
    const { order } = group
    const horizonUs = watermarkUs - this.plan.timespanUs - this.plan.holdUs
    let count = 0
    while (count < order.length && this.#entries.timesUs[order.row(count)]! <= horizonUs) count += 1
    if (count === 0) return
    group.evaluator?.dropping(order, count)
    for (let rank = 0; rank < count; rank++) {
      const row = order.row(rank)
      const { requests } = this.#entries
      group.requests?.remove(requests[row * 2]!, requests[row * 2 + 1]!)
      this.#entries.remove(row)
    }
    order.dropFirst(count)
    if (order.length > smallGroup) return
    group.evaluator = undefined
    group.requests = undefined
  }

  /** Returns the rank, or -1 when nothing new takes part. */
  #insert(group: Group, observation: Observation, steps: number, values: Values): number {
    const entries = this.#entries
    const row = entries.add(observation, steps, this.#carriedOf(observation))
    const { order } = group
    const rank = order.insert(entries, row)
    if (rank >= 0) {
      if (values.texts !== undefined) entries.setTexts(row, values.texts)
      if (values.numbers !== undefined) entries.setNumbers(row, values.numbers)
      if (this.plan.entryShape.hasRepeats) {
        this.#countRequest(group, row)
        this.#markRepeats(group, rank)
      }
      if (group.evaluator !== undefined && rank < group.evaluator.position)
        group.evaluator.inserted(order, rank)
      return entries.isRepeat(row) ? -1 : rank
    }
    entries.remove(row)
    const isMore = entries.merge(order.row(~rank), steps, values.texts)
    if (!isMore) return -1
    if (this.plan.entryShape.hasRepeats) this.#markRepeats(group, ~rank)
    if (group.evaluator !== undefined) group.evaluator.position = -1
    return entries.isRepeat(order.row(~rank)) ? -1 : ~rank
  }

  #markRepeats(group: Group, rank: number): void {
    const entries = this.#entries
    const { order, requests, evaluator } = group
    const row = order.row(rank)
    if (!isRequestKnown(entries, order, row, requests)) entries.setTaken(row, 0)
    else if (markRepeats(entries, order, rank, this.plan.timespanUs) && evaluator !== undefined)
      evaluator.position = -1
  }

  #countRequest(group: Group, row: number): void {
    const { order } = group
    const { requests } = this.#entries
    const add = (of: RefCounts, each: number): void => {
      of.add(requests[each * 2]!, requests[each * 2 + 1]!)
    }
    if (group.requests !== undefined) add(group.requests, row)
    else if (order.length > smallGroup) {
      group.requests = new RefCounts()
      for (let rank = 0; rank < order.length; rank++) add(group.requests, order.row(rank))
    }
  }

  #carriedOf({ reader }: Observation): Carried | undefined {
    const { carriedPaths } = this.plan
    if (carriedPaths.length === 0) return undefined
    const carried: [string, readonly unknown[]][] = []
    for (const path of carriedPaths) {
      const values = reader.read(path)
      if (values !== undefined) carried.push([path, values])
    }
    return new Map(carried)
  }

  /** An entry has come: tells it, and every later one whose window it completes. */
  #tellNow(group: Group, rank: number, told: ToldMatch[]): void {
    const { order } = group
    const { timesUs } = this.#entries
    const row = order.row(rank)
    const timeUs = timesUs[row]!
    if (order.length >= this.plan.leastEntries) {
      const isHead = timeUs === timesUs[order.row(order.length - 1)]
      if (isHead) this.#tellHead(group, order.firstFrom(this.#entries, timeUs), told)
      else this.#tellFrom(group, timeUs, told)
    }
    if (!this.#entries.isTold(row)) group.lastUntoldUs = Math.max(group.lastUntoldUs, timeUs)
  }

  #tellHead(group: Group, runStart: number, told: ToldMatch[]): void {
    const { order } = group
    if (order.length > smallGroup) group.evaluator ??= createEvaluator(this.plan, this.#entries)
    const evaluator = group.evaluator ?? this.#scratch
    if (evaluator === this.#scratch || evaluator.position < 0) evaluator.seek(order, runStart)
    if (evaluator.run(order, order.length))
      this.#tellRun(group, runStart, order.length, evaluator.value, told)
  }

  #tellFrom(group: Group, timeUs: number, told: ToldMatch[]): void {
    const { order } = group
    const entries = this.#entries
    const untilUs = Math.min(
      timeUs + this.plan.timespanUs - 1,
      Math.max(group.lastUntoldUs, timeUs),
    )
    let rank = order.firstFrom(entries, timeUs)
    this.#scratch.seek(order, rank)
    while (rank < order.length && entries.timesUs[order.row(rank)]! <= untilUs) {
      const end = order.endOfRun(entries, rank)
      if (this.#scratch.run(order, end)) this.#tellRun(group, rank, end, this.#scratch.value, told)
      rank = end
    }
  }

  #schedule(group: Group, dueUs: number): void {
    if (dueUs >= group.dueUs) return
    group.dueUs = dueUs
    let heap = this.#dueByCluster.get(group.cluster)
    if (heap === undefined) {
      heap = new DueHeap()
      this.#dueByCluster.set(group.cluster, heap)
    }
    heap.push(dueUs, group)
  }

  /** Decides the runs from a time on that are due. Returns the time of the first one that is not. */
  #decide(
    group: Group,
    fromUs: number,
    watermarkUs: number,
    told: ToldMatch[],
  ): number | undefined {
    const { order } = group
    const { timesUs } = this.#entries
    const isTrue = this.#decider(group, order.firstFrom(this.#entries, fromUs))
    let rank = order.firstFrom(this.#entries, fromUs)
    while (rank < order.length) {
      const timeUs = timesUs[order.row(rank)]!
      if (timeUs + this.plan.holdUs >= watermarkUs) return timeUs
      const end = order.endOfRun(this.#entries, rank)
      const evaluator = isTrue(rank, end)
      if (evaluator !== undefined) this.#tellRun(group, rank, end, evaluator.value, told)
      rank = end
    }
    return undefined
  }

  /** Says of one run after the other, from a rank on, whether it is a match; if so, the evaluator that stands at it. */
  #decider(group: Group, from: number): (rank: number, end: number) => Evaluator | undefined {
    const { order } = group
    if (this.plan.telling === 'fewer') return this.#fewerDecider(order, from)
    const evaluator = this.#evaluatorAt(group, from)
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
      while (ahead < order.length && timesUs[order.row(ahead)]! < timeUs + this.plan.timespanUs) {
        const aheadUs = timesUs[order.row(ahead)]!
        ahead = order.endOfRun(this.#entries, ahead)
        const from = order.firstFrom(this.#entries, aheadUs)
        if (!this.#scratch.run(order, ahead) && this.#takesPart(order, from, ahead))
          falseUs = aheadUs
      }
      if (falseUs >= timeUs) return undefined
      this.#second.seek(order, rank)
      this.#second.run(order, end)
      return this.#second
    }
  }

  #takesPart(order: Order, from: number, end: number): boolean {
    for (let rank = from; rank < end; rank++)
      if (!this.#entries.isRepeat(order.row(rank))) return true
    return false
  }

  #evaluatorAt(group: Group, rank: number): Evaluator {
    const { order } = group
    if (order.length <= smallGroup) {
      this.#scratch.seek(order, rank)
      return this.#scratch
    }
    group.evaluator ??= createEvaluator(this.plan, this.#entries)
    if (group.evaluator.position !== rank) group.evaluator.seek(order, rank)
    return group.evaluator
  }

  #tellRun(
    group: Group,
    from: number,
    end: number,
    value: number | undefined,
    told: ToldMatch[],
  ): void {
    for (let rank = from; rank < end; rank++) {
      const row = group.order.row(rank)
      if (this.#entries.isTold(row) || this.#entries.isRepeat(row)) continue
      this.#entries.setTold(row)
      told.push(this.#toldMatch(group, row, value))
    }
  }

  #toldMatch(group: Group, row: number, value: number | undefined): ToldMatch {
    const names = this.plan.rule.correlation.groupBy.map(({ name }) => name)
    const [cluster = '', ...texts] = valuesOfKey(group.key)
    const carried = this.#entries.carried(row)
    const windows = this
    const timeUs = this.#entries.timesUs[row]!
    return {
      match: {
        rule: this.plan.rule,
        cluster,
        // The texts are those that `groupsOf` made: JSON of scalars.
        group: Object.fromEntries(
          names.map((name, i) => [name, JSON.parse(texts[i] ?? 'null') as GroupValue]),
        ),
        event: this.#entries.reference(row),
        get events() {
          const [first, end] = windows.#windowAt(group, timeUs)
          const references = []
          for (let rank = end - 1; rank >= first && references.length < maxReferences; rank--) {
            const other = group.order.row(rank)
            if (!windows.#entries.isRepeat(other))
              references.push(windows.#entries.reference(other))
          }
          return references.reverse()
        },
        get count() {
          return windows.#countIn(group, timeUs)
        },
        ...(value === undefined ? {} : { value }),
        isCut: false,
      },
      requestId: this.#entries.requestText(row),
      reader: { read: (path) => carried?.get(path) },
    }
  }

  #windowAt({ order }: Group, timeUs: number): readonly [first: number, end: number] {
    return [
      order.firstAfter(this.#entries, timeUs - this.plan.timespanUs),
      order.firstAfter(this.#entries, timeUs),
    ]
  }

  #countIn(group: Group, timeUs: number): number {
    const [first, end] = this.#windowAt(group, timeUs)
    let count = 0
    for (let rank = first; rank < end; rank++)
      if (!this.#entries.isRepeat(group.order.row(rank))) count += 1
    return count
  }
}
