import { append } from './append.ts'
import { Bounds } from './bounds.ts'
import type { CorrelationCounts, GroupValue } from './correlator.ts'
import { DueGroups } from './due-groups.ts'
import { carriedOf } from './extra.ts'
import { isRepeated, isSaved } from './groups.ts'
import { type CountedValues, Insertion } from './insertion.ts'
import type { Intake } from './intake.ts'
import type { Observation } from './observation.ts'
import type { Order } from './order.ts'
import type { CorrelationPlan } from './plan.ts'
import { RuleState, type Writers } from './rule-state.ts'
import { Telling } from './telling.ts'
import type { ToldMatch } from './window-match.ts'

type Counts = Omit<CorrelationCounts, 'rule' | 'groups' | 'bytes' | 'evicted'>

const noCounts: Counts = { observed: 0, late: 0, incomplete: 0, cut: 0 }

/** What is saved of a group beside its entries. */
export interface RestoredGroup {
  readonly key: Uint8Array
  readonly cutS: number
  readonly isRepeated: boolean
  /** Of a large group, the record of each entry. */
  readonly partOf: ReadonlyMap<number, number>
}

/** An observation of one of the rules that a correlation refers to, which is in time and has all that is asked of it. */
interface Taken {
  readonly observation: Observation
  readonly steps: number
  readonly values: CountedValues
  readonly watermarkUs: number
}

/** A group of more entries, or of more than half of what the rule may take, loses its oldest. */
const mostEntries = 65_536

/** The windows of one correlation, in all clusters. */
export class RuleWindows {
  readonly state: RuleState
  readonly #bounds: Bounds
  readonly #due: DueGroups
  readonly #insertion: Insertion
  readonly #telling: Telling
  readonly #maxEntries: number
  #counts: { -readonly [name in keyof Counts]: number } = { ...noCounts }

  constructor(plan: CorrelationPlan, writers: Writers) {
    const state = new RuleState(plan, writers)
    this.state = state
    this.#due = new DueGroups(state.groups)
    this.#bounds = new Bounds(state, (group) => this.#due.remove(group))
    this.#insertion = new Insertion(state, (group) => this.#bounds.repeated(group))
    this.#telling = new Telling(state)
    this.#maxEntries = Math.min(
      mostEntries,
      Math.floor(plan.settings.maxBytes / 2 / state.entries.rowBytes),
    )
  }

  takeCounts(): CorrelationCounts {
    const { plan, groups, bytes } = this.state
    const counts = { ...this.#counts, evicted: this.#bounds.takeEvicted() }
    this.#counts = { ...noCounts }
    return { rule: plan.rule, ...counts, groups: groups.count, bytes }
  }

  /** Whether to make room, before anything is observed. `latestUs` is the watermark of the cluster that is furthest. */
  needsRoom(latestUs: number): boolean {
    return this.#bounds.isTight(latestUs)
  }

  /** Gives up what does not matter any more, and what is too much. `watermarkOf` is that of each cluster. */
  makeRoom(watermarkOf: (cluster: string) => number): void {
    this.#bounds.keep(watermarkOf)
  }

  /** What is older than the watermark comes too late. Appends to `told` what is true by now and was not told before. */
  observe(intake: Intake, observation: Observation, watermarkUs: number, told: ToldMatch[]): void {
    if (observation.timeUs < watermarkUs) {
      this.#counts.late += 1
      return
    }
    const { groups } = this.state
    const keys = intake.groupBy.combinations(observation)
    const values = this.#valuesOf(intake, observation)
    if (keys === undefined || values === undefined) {
      this.#counts.incomplete += 1
      return
    }
    this.#counts.observed += 1
    const taken = { observation, steps: intake.steps, values, watermarkUs }
    for (const key of keys) this.#observeIn(groups.of(observation.cluster, key), key, taken, told)
  }

  /** When, by the watermark, the next group of a cluster is due; `Infinity` when none is. */
  nextDueUs(cluster: string): number {
    return this.#due.nextUs(cluster)
  }

  /** Decides what the watermark has passed. */
  close(cluster: string, watermarkUs: number, told: ToldMatch[]): void {
    const { groups, plan } = this.state
    while (this.#due.nextUs(cluster) < watermarkUs) {
      const group = this.#due.take(cluster)
      const fromUs = groups.byDue.keys[group]! - plan.holdUs
      const nextUs = this.#telling.decide(group, fromUs, watermarkUs, told)
      if (nextUs !== undefined) this.#due.schedule(group, cluster, nextUs + plan.holdUs)
    }
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
    const { groups, plan, members, entries } = this.state
    const group = groups.ofKey(saved.key)
    groups.flags[group] = isSaved | (saved.isRepeated ? isRepeated : 0)
    groups.cutS[group] = saved.cutS
    members.restore(group, counting, idle, saved.partOf)
    this.#bounds.touched(group, members.newestUs(group))
    if (plan.telling === 'atOnce') return
    const { cluster } = groups.key(group)
    const watermarkUs = watermarkOf(cluster)
    const next = counting.find((row) => entries.timesUs[row]! + plan.holdUs >= watermarkUs)
    if (next === undefined) return
    this.#due.schedule(group, cluster, entries.timesUs[next]! + plan.holdUs)
  }

  #valuesOf({ counted }: Intake, observation: Observation): CountedValues | undefined {
    const { values } = this.state.plan.entryShape
    switch (values) {
      case 'none':
        return noValues
      case 'texts': {
        const texts = counted.texts(observation)
        return texts && { texts }
      }
      case 'numbers': {
        const numbers = counted.numbers(observation)
        return numbers && { numbers }
      }
      default:
        return values satisfies never
    }
  }

  #observeIn(group: number, key: readonly GroupValue[], taken: Taken, told: ToldMatch[]): void {
    const { plan, entries } = this.state
    const { observation, steps } = taken
    const row = entries.add(observation, steps, carriedOf(plan.carriedPaths, observation.reader))
    const seen = append(this.state, group, row, this.#horizonUs(taken.watermarkUs))
    if (seen !== undefined) this.#insertion.appended(group, row, taken.values)
    const from = seen === undefined ? this.#insert(group, row, taken) : row
    this.#bounds.touched(group, this.state.members.newestUs(group))
    if (from === undefined) return
    if (plan.telling !== 'atOnce')
      this.#due.schedule(group, observation.cluster, entries.timesUs[from]! + plan.holdUs)
    else if (seen === undefined || this.#mayBeTrue(group, seen))
      this.#telling.tellFrom(group, from, { row, observation, values: key }, told)
  }

  /** Wherever it belongs. Returns from which entry on the condition may have become true, or false. */
  #insert(group: number, row: number, { steps, values, watermarkUs }: Taken): number | undefined {
    const { members } = this.state
    const order = members.orderOf(group)
    if (order.length === 0) this.#bounds.born(group)
    this.#trim(group, order, watermarkUs)
    const from = this.#insertion.insert({ group, order, row, steps, values, watermarkUs })
    if (order.length > this.#maxEntries) this.#cut(group, order)
    members.keep(group, order)
    return from
  }

  /** Of a small group, all entries of which together have these steps. */
  #mayBeTrue(group: number, seen: number): boolean {
    const { plan, groups, entries } = this.state
    if ((plan.neededSteps & ~seen) !== 0) return false
    return groups.lengths[group]! * entries.mostTexts >= plan.leastCounted
  }

  #horizonUs(watermarkUs: number): number {
    const { plan } = this.state
    return watermarkUs - plan.timespanUs - plan.holdUs
  }

  /** Drops what no window can hold that is still to be decided. */
  #trim(group: number, order: Order, watermarkUs: number): void {
    const { entries, members } = this.state
    const { timesUs } = entries
    const horizonUs = this.#horizonUs(watermarkUs)
    const large = members.large(group)
    if (large === undefined || large.oldestUs <= horizonUs) {
      let count = 0
      while (count < order.length && timesUs[order.row(count)]! <= horizonUs) count += 1
      if (count > 0) this.#dropFirst(group, order, count)
      if (large !== undefined && order.length > 0) large.oldestUs = timesUs[order.row(0)]!
    }
    for (const row of members.idle(group))
      if (timesUs[row]! < watermarkUs) {
        this.#trimIdle(group, watermarkUs)
        return
      }
  }

  #trimIdle(group: number, watermarkUs: number): void {
    const { entries, members } = this.state
    const isPast = (row: number): boolean => entries.timesUs[row]! < watermarkUs
    const idle = members.idle(group)
    for (const row of idle) if (isPast(row)) this.state.forget(group, row)
    members.setIdle(
      group,
      idle.filter((row) => !isPast(row)),
    )
  }

  #cut(group: number, order: Order): void {
    const { entries, groups } = this.state
    const count = order.length - this.#maxEntries
    const lastUs = entries.timesUs[order.row(count - 1)]!
    groups.cutS[group] = Math.max(groups.cutS[group]!, Math.ceil(lastUs / 1e6))
    this.#dropFirst(group, order, count)
    this.#counts.cut += count
  }

  #dropFirst(group: number, order: Order, count: number): void {
    const { members, changes } = this.state
    members.large(group)?.evaluator?.dropping(order, count)
    for (let rank = 0; rank < count; rank++) this.state.forget(group, order.row(rank))
    order.dropFirst(count)
    changes.mark(group)
  }
}

const noValues: CountedValues = {}
