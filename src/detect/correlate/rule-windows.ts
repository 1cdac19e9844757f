import type { FieldReader } from '../../contracts.ts'
import { Bounds } from './bounds.ts'
import type { CorrelationCounts, CorrelationMatch, EventReference } from './correlator.ts'
import { Entries } from './entries.ts'
import { createEvaluator, type Evaluator } from './evaluator.ts'
import type { Carried } from './extra.ts'
import { GroupHeap } from './group-heap.ts'
import type { KeyWriter } from './group-keys.ts'
import { groupName } from './group-records.ts'
import { Groups, isChanged, isRepeated, isSaved } from './groups.ts'
import { Members } from './members.ts'
import { countedValuesOf, groupsOf, numbersOf, type Observation } from './observation.ts'
import type { Order } from './order.ts'
import type { CorrelationPlan } from './plan.ts'
import { countSteps } from './repeats.ts'

type Counts = Omit<CorrelationCounts, 'rule' | 'groups' | 'bytes'>

const noCounts: Counts = { observed: 0, late: 0, incomplete: 0, evicted: 0, cut: 0 }

/** A match, and what correlations over it see of its event. */
export interface ToldMatch {
  readonly match: CorrelationMatch
  readonly requestId: string
  readonly reader: FieldReader
}

/** What is saved of a group beside its entries. */
export interface RestoredGroup {
  readonly key: Uint8Array
  readonly cutS: number
  readonly isRepeated: boolean
  /** Of a large group, the record of each entry. */
  readonly partOf: ReadonlyMap<number, number>
}

/** What is counted of an observation. */
interface Values {
  readonly texts?: readonly string[]
  readonly numbers?: readonly number[]
}

/** How many events of its window a match names. */
const maxReferences = 50
/** A group of more entries, or of more than half of what the rule may take, loses its oldest. */
const mostEntries = 65_536

/** The windows of one correlation: all its groups, in all clusters. */
export class RuleWindows {
  readonly plan: CorrelationPlan
  counts: { -readonly [name in keyof Counts]: number } = { ...noCounts }
  readonly entries: Entries
  readonly groups: Groups
  readonly members: Members
  readonly #bounds: Bounds
  readonly #dueByCluster = new Map<string, GroupHeap>()
  readonly #maxEntries: number
  /** Made anew for every group that has none of its own. */
  readonly #scratch: Evaluator
  readonly #second: Evaluator
  /** What is being observed, and its entry: it is told of itself most often. */
  #observed: { readonly row: number; readonly event: EventReference } | undefined
  /** Groups that have changed since they were saved, and perhaps others. */
  changed: number[] = []
  /** Names of records that are not needed any more. */
  dropped: string[] = []

  constructor(plan: CorrelationPlan, writer: KeyWriter) {
    this.plan = plan
    this.entries = new Entries(plan.entryShape)
    this.groups = new Groups(plan.telling !== 'atOnce', writer)
    this.members = new Members(this.entries, this.groups, (group, part) => {
      if ((this.groups.flags[group]! & isSaved) === 0) return
      this.dropped.push(`${groupName(this.groups.keyBytes(group))}/${part}`)
      this.markChanged(group)
    })
    this.#bounds = new Bounds(this)
    this.#maxEntries = Math.min(
      mostEntries,
      Math.floor(plan.settings.maxBytes / 2 / this.entries.rowBytes),
    )
    this.#scratch = createEvaluator(plan, this.entries)
    this.#second = createEvaluator(plan, this.entries)
  }

  get bytes(): number {
    return this.entries.bytes + this.groups.bytes + this.members.bytes
  }

  takeCounts(): CorrelationCounts {
    const { counts } = this
    this.counts = { ...noCounts }
    return { rule: this.plan.rule, ...counts, groups: this.groups.count, bytes: this.bytes }
  }

  /** Whether to make room, before anything else of a step. `latestUs` is the watermark of the cluster that is furthest. */
  needsRoom(latestUs: number): boolean {
    return this.#bounds.isTight(latestUs)
  }

  /** Gives up what does not matter any more, and what is too much. `watermarkOf` is that of each cluster. */
  makeRoom(watermarkOf: (cluster: string) => number): void {
    this.#bounds.keep(watermarkOf)
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
      const group = this.groups.of(observation.cluster, names)
      this.#observeIn(group, observation, steps, values, watermarkUs, told)
    }
  }

  /** When, by the watermark, the next group of a cluster is due; `Infinity` when none is. */
  nextDueUs(cluster: string): number {
    const first = this.#dueByCluster.get(cluster)?.first ?? -1
    return first < 0 ? Number.POSITIVE_INFINITY : this.groups.byDue.keys[first]!
  }

  /** Decides what the watermark has passed. */
  close(cluster: string, watermarkUs: number, told: ToldMatch[]): void {
    const heap = this.#dueByCluster.get(cluster)
    this.#observed = undefined
    while (heap !== undefined && this.nextDueUs(cluster) < watermarkUs) {
      const group = heap.first
      const fromUs = this.groups.byDue.keys[group]! - this.plan.holdUs
      heap.remove(group)
      const nextUs = this.#decide(group, fromUs, watermarkUs, told)
      if (nextUs !== undefined) this.schedule(group, cluster, nextUs + this.plan.holdUs)
    }
  }

  schedule(group: number, cluster: string, dueUs: number): void {
    const { keys, places } = this.groups.byDue
    if (places[group] !== 0 && keys[group]! <= dueUs) return
    let heap = this.#dueByCluster.get(cluster)
    if (heap === undefined) {
      heap = new GroupHeap(this.groups.byDue, (a, b) => this.groups.compare(a, b))
      this.#dueByCluster.set(cluster, heap)
    }
    heap.set(group, dueUs)
  }

  /** Takes a group out of what is due. */
  unschedule(group: number): void {
    if (this.plan.telling === 'atOnce' || this.groups.byDue.places[group] === 0) return
    this.#dueByCluster.get(this.groups.key(group).cluster)?.remove(group)
  }

  get evictedS(): number {
    return this.#bounds.evictedS
  }

  /** A rule as it was saved, with the groups that are put back after this. */
  restore(evictedS: number): void {
    this.#bounds.evictedS = evictedS
  }

  restoreGroup(
    saved: RestoredGroup,
    counting: readonly number[],
    idle: readonly number[],
    watermarkOf: (cluster: string) => number,
  ): void {
    const { groups, plan } = this
    const group = groups.ofKey(saved.key)
    groups.flags[group] = isSaved | (saved.isRepeated ? isRepeated : 0)
    groups.cutS[group] = saved.cutS
    this.members.restore(group, counting, idle, saved.partOf)
    this.#bounds.touched(group)
    if (plan.telling === 'atOnce') return
    const { cluster } = groups.key(group)
    const watermarkUs = watermarkOf(cluster)
    const next = counting.find((row) => this.entries.timesUs[row]! + plan.holdUs >= watermarkUs)
    if (next !== undefined) this.schedule(group, cluster, this.entries.timesUs[next]! + plan.holdUs)
  }

  markChanged(group: number): void {
    if ((this.groups.flags[group]! & isChanged) !== 0) return
    this.groups.flags[group]! |= isChanged
    this.changed.push(group)
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

  #observeIn(
    group: number,
    observation: Observation,
    steps: number,
    values: Values,
    watermarkUs: number,
    told: ToldMatch[],
  ): void {
    const order = this.members.orderOf(group)
    if (order.length === 0) this.#bounds.born(group)
    this.#trim(group, order, watermarkUs)
    const row = this.entries.add(observation, steps, this.#carriedOf(observation))
    const { id, auditID, stage, timeUs } = observation
    this.#observed = { row, event: { id, auditID, stage, timeUs } }
    const from = this.#insert(group, order, row, steps, values, watermarkUs)
    if (order.length > this.#maxEntries) this.#cut(group, order)
    this.members.keep(group, order)
    this.#bounds.touched(group)
    if (from === undefined) return
    if (this.plan.telling === 'atOnce') this.#tellFrom(group, from, told)
    else this.schedule(group, observation.cluster, this.entries.timesUs[from]! + this.plan.holdUs)
  }

  /** Drops what no window can hold that is still to be decided. */
  #trim(group: number, order: Order, watermarkUs: number): void {
    const { timesUs } = this.entries
    const horizonUs = watermarkUs - this.plan.timespanUs - this.plan.holdUs
    let count = 0
    while (count < order.length && timesUs[order.row(count)]! <= horizonUs) count += 1
    if (count > 0) this.#dropFirst(group, order, count)
    const idle = this.members.idle(group)
    if (!idle.some((row) => timesUs[row]! < watermarkUs)) return
    const past = idle.filter((row) => timesUs[row]! < watermarkUs)
    for (const row of past) this.#forget(group, row)
    this.members.setIdle(
      group,
      idle.filter((row) => !past.includes(row)),
    )
  }

  #cut(group: number, order: Order): void {
    const count = order.length - this.#maxEntries
    const lastUs = this.entries.timesUs[order.row(count - 1)]!
    this.groups.cutS[group] = Math.max(this.groups.cutS[group]!, Math.ceil(lastUs / 1e6))
    this.#dropFirst(group, order, count)
    this.counts.cut += count
  }

  #dropFirst(group: number, order: Order, count: number): void {
    this.members.large(group)?.evaluator?.dropping(order, count)
    for (let rank = 0; rank < count; rank++) this.#forget(group, order.row(rank))
    order.dropFirst(count)
    this.markChanged(group)
  }

  #forget(group: number, row: number): void {
    this.members.removed(group, row)
    this.entries.remove(row)
  }

  /** Returns the first entry that counts for more than before, or for less; undefined when nothing is new. */
  #insert(
    group: number,
    order: Order,
    row: number,
    steps: number,
    values: Values,
    watermarkUs: number,
  ): number | undefined {
    const { entries, members } = this
    const known = this.#find(group, order, row)
    if (known !== undefined) {
      this.#observed = undefined
      entries.remove(row)
      return this.#merge(group, order, known, steps, values, watermarkUs)
    }
    this.markChanged(group)
    if (values.texts !== undefined) entries.setTexts(row, values.texts)
    if (values.numbers !== undefined) entries.setNumbers(row, values.numbers)
    const countsRequests = this.plan.settings.count === 'requests'
    const others = countsRequests ? members.ofSameRequest(group, order, row) : []
    members.added(group, row)
    if (others.length > 0) {
      if (this.#isLaterStage(order, row, others)) {
        members.addIdle(group, row)
        return undefined
      }
      return this.#recount(group, order, [...others, row], row, watermarkUs)
    }
    if (order.length > 0 && !entries.isSameRequest(row, order.row(order.length - 1)))
      this.#bounds.repeated(group)
    const rank = order.insert(entries, row)
    const evaluator = members.large(group)?.evaluator
    if (evaluator !== undefined && rank < evaluator.position) evaluator.inserted(order, rank)
    return row
  }

  /** The ordinary case of a request that comes again: behind all its others, and so soon that it does not count. */
  #isLaterStage(order: Order, row: number, others: readonly number[]): boolean {
    if (this.plan.entryShape.hasSteps) return false
    const { timesUs } = this.entries
    const timeUs = timesUs[row]!
    let isSoon = false
    for (const other of others) {
      if (this.entries.compare(other, row) > 0) return false
      isSoon ||= timeUs - timesUs[other]! < this.plan.timespanUs && order.has(this.entries, other)
    }
    return isSoon
  }

  #find(group: number, order: Order, row: number): number | undefined {
    const known = order.find(this.entries, row)
    return known ?? this.members.idle(group).find((one) => this.entries.compare(one, row) === 0)
  }

  /** The same event once more, perhaps by another of the rules. */
  #merge(
    group: number,
    order: Order,
    row: number,
    steps: number,
    values: Values,
    watermarkUs: number,
  ): number | undefined {
    const { entries, members } = this
    const before = entries.matchedSteps(row)
    const matched = this.plan.entryShape.hasSteps ? (before | steps) >>> 0 : before
    const isMore = values.texts !== undefined && entries.addTexts(row, values.texts)
    if (matched === before && !isMore) return undefined
    this.markChanged(group)
    members.touched(group, row)
    const evaluator = members.large(group)?.evaluator
    if (evaluator !== undefined) evaluator.position = -1
    if (matched === before) return row
    if (this.plan.settings.count === 'events') {
      entries.setSteps(row, matched, matched)
      members.touched(group, row)
      return row
    }
    entries.setSteps(row, matched, entries.steps[row]!)
    const rows = members.ofSameRequest(group, order, row)
    return this.#recount(group, order, rows, undefined, watermarkUs)
  }

  /** Of the entries of one request some count, and some do not; a new one may change that of others. */
  #recount(
    group: number,
    order: Order,
    rows: number[],
    added: number | undefined,
    watermarkUs: number,
  ): number | undefined {
    const { entries, members } = this
    const idle = new Set(members.idle(group))
    const isIn = (row: number) => row !== added && !idle.has(row)
    let first: number | undefined
    rows.sort((a, b) => entries.compare(a, b))
    for (const [row, counted] of countSteps(entries, this.plan, rows, isIn, added, watermarkUs)) {
      entries.setSteps(row, entries.matchedSteps(row), counted)
      members.touched(group, row)
      if (counted !== 0 && !isIn(row)) order.insert(entries, row)
      if (counted === 0 && isIn(row)) order.remove(entries, row)
      if (counted === 0) idle.add(row)
      else idle.delete(row)
      if (counted !== 0 || row !== added) first ??= row
    }
    members.setIdle(group, [...idle])
    const large = members.large(group)
    if (large !== undefined && first !== undefined) {
      large.lastUntoldUs = Number.POSITIVE_INFINITY
      if (large.evaluator !== undefined) large.evaluator.position = -1
    }
    return first
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

  /** Something has changed from an entry on: tells it, and every later one whose window is true by now. */
  #tellFrom(group: number, row: number, told: ToldMatch[]): void {
    const order = this.members.orderOf(group)
    const large = this.members.large(group)
    const { timesUs } = this.entries
    const timeUs = timesUs[row]!
    if (order.length >= this.plan.leastEntries) {
      const start = order.firstFrom(this.entries, timeUs)
      const isHead = order.length > start && timesUs[order.row(order.length - 1)] === timeUs
      if (isHead) this.#tellHead(group, order, start, told)
      else this.#tellLater(group, order, start, large?.lastUntoldUs, told)
    }
    if (large !== undefined && !this.entries.isTold(row))
      large.lastUntoldUs = Math.max(large.lastUntoldUs, timeUs)
  }

  #tellHead(group: number, order: Order, start: number, told: ToldMatch[]): void {
    const large = this.members.large(group)
    if (large !== undefined) large.evaluator ??= createEvaluator(this.plan, this.entries)
    const evaluator = large?.evaluator ?? this.#scratch
    if (large === undefined || evaluator.position < 0) evaluator.seek(order, start)
    if (evaluator.run(order, order.length))
      this.#tellRun(group, order, start, order.length, evaluator.value, told)
  }

  #tellLater(
    group: number,
    order: Order,
    start: number,
    lastUntoldUs: number | undefined,
    told: ToldMatch[],
  ): void {
    const { timesUs } = this.entries
    const evaluator = this.#scratch
    let rank = start
    if (rank === order.length) return
    // What one change may complete ends within a timespan of it; but it may have been one of several.
    const untilUs = lastUntoldUs ?? Number.POSITIVE_INFINITY
    evaluator.seek(order, rank)
    do {
      const end = order.endOfRun(this.entries, rank)
      if (evaluator.run(order, end)) this.#tellRun(group, order, rank, end, evaluator.value, told)
      rank = end
    } while (rank < order.length && timesUs[order.row(rank)]! <= untilUs)
  }

  /** Decides the runs from a time on that are due. Returns the time of the first one that is not. */
  #decide(
    group: number,
    fromUs: number,
    watermarkUs: number,
    told: ToldMatch[],
  ): number | undefined {
    const order = this.members.orderOf(group)
    const { timesUs } = this.entries
    let rank = order.firstFrom(this.entries, fromUs)
    if (rank === order.length) return undefined
    const isTrue = this.#decider(group, order, rank)
    while (rank < order.length) {
      const timeUs = timesUs[order.row(rank)]!
      if (timeUs + this.plan.holdUs >= watermarkUs) return timeUs
      const end = order.endOfRun(this.entries, rank)
      const evaluator = isTrue(rank, end)
      if (evaluator !== undefined) this.#tellRun(group, order, rank, end, evaluator.value, told)
      rank = end
    }
    return undefined
  }

  /** Says of one run after the other, from a rank on, whether it is a match; if so, the evaluator that stands at it. */
  #decider(
    group: number,
    order: Order,
    from: number,
  ): (rank: number, end: number) => Evaluator | undefined {
    if (this.plan.telling === 'fewer') return this.#fewerDecider(order, from)
    const large = this.members.large(group)
    if (large !== undefined) large.evaluator ??= createEvaluator(this.plan, this.entries)
    const evaluator = large?.evaluator ?? this.#scratch
    if (large === undefined || evaluator.position !== from) evaluator.seek(order, from)
    return (_rank, end) => (evaluator.run(order, end) ? evaluator : undefined)
  }

  /** The condition has to be true of all windows that hold the run: those that runs up to a timespan later end. */
  #fewerDecider(order: Order, from: number): (rank: number, end: number) => Evaluator | undefined {
    const { timesUs } = this.entries
    let ahead = from
    let falseUs = Number.NEGATIVE_INFINITY
    this.#scratch.seek(order, from)
    return (rank, end) => {
      const timeUs = timesUs[order.row(rank)]!
      while (ahead < order.length && timesUs[order.row(ahead)]! < timeUs + this.plan.timespanUs) {
        const aheadUs = timesUs[order.row(ahead)]!
        ahead = order.endOfRun(this.entries, ahead)
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
    told: ToldMatch[],
  ): void {
    for (let rank = from; rank < end; rank++) {
      const row = order.row(rank)
      if (this.entries.isTold(row)) continue
      this.entries.setTold(row)
      this.members.touched(group, row)
      this.markChanged(group)
      told.push(this.#toldMatch(group, row, value))
    }
  }

  #toldMatch(group: number, row: number, value: number | undefined): ToldMatch {
    const { plan, entries, members } = this
    const { cluster, values } = this.groups.key(group)
    const carried = entries.carried(row)
    const timeUs = entries.timesUs[row]!
    const window = (order: Order): readonly [first: number, end: number] => [
      order.firstAfter(entries, timeUs - plan.timespanUs),
      order.firstAfter(entries, timeUs),
    ]
    return {
      match: {
        rule: plan.rule,
        cluster,
        group: Object.fromEntries(
          plan.rule.correlation.groupBy.map(({ name }, i) => [name, values[i] ?? '']),
        ),
        event: this.#observed?.row === row ? this.#observed.event : entries.reference(row),
        get events() {
          const order = members.orderOf(group)
          const [first, end] = window(order)
          const references = []
          for (let rank = Math.max(first, end - maxReferences); rank < end; rank++)
            references.push(entries.reference(order.row(rank)))
          return references
        },
        get count() {
          const [first, end] = window(members.orderOf(group))
          return end - first
        },
        ...(value === undefined ? {} : { value }),
        isCut: this.groups.cutS[group]! * 1e6 > timeUs - plan.timespanUs,
      },
      requestId: entries.requestText(row),
      reader: { read: (path) => carried?.get(path) },
    }
  }
}
