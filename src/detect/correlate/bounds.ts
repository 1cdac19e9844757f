import { GroupHeap } from './group-heap.ts'
import { isRepeated } from './groups.ts'
import type { RuleState } from './rule-state.ts'

/** Groups of one request have at least this share of the room, so that new ones can show that they come again. */
const shareOfSingles = 1 / 8

/**
 * Keeps the groups of a rule within bounds. What no window can reach any more goes first. Then, and this loses something,
 * groups of which only one request was seen, the oldest first; then those of several, the one first that was silent longest:
 * a flood of keys that come once takes the place of others like them.
 */
export class Bounds {
  readonly #state: RuleState
  readonly #onDrop: (group: number) => void
  readonly #singles: GroupHeap
  readonly #repeated: GroupHeap
  #horizonUs = 0
  /** What was given up ended there at the latest. */
  evictedS = 0
  #evicted = 0

  /** `onDrop`: a group is about to be given up. */
  constructor(state: RuleState, onDrop: (group: number) => void) {
    this.#state = state
    this.#onDrop = onDrop
    const { groups } = state
    const compare = (a: number, b: number) => groups.compare(a, b)
    this.#singles = new GroupHeap(groups.byAge, compare)
    this.#repeated = new GroupHeap(groups.byAge, compare)
  }

  /** Groups that were given up for others since the last call. */
  takeEvicted(): number {
    const evicted = this.#evicted
    this.#evicted = 0
    return evicted
  }

  /** A group has its first entry: what it had before may have been given up. */
  born(group: number): void {
    this.#state.groups.cutS[group] = this.evictedS
  }

  /** A group has other entries. A later one is looked at when there is need, as it comes with most events. */
  touched(group: number, newestUs: number): void {
    const { keys, places } = this.#state.groups.byAge
    if (places[group] === 0 || newestUs < keys[group]!) this.#heapOf(group).set(group, newestUs)
  }

  /** A group has entries of a second request. */
  repeated(group: number): void {
    const { flags, byAge } = this.#state.groups
    if ((flags[group]! & isRepeated) !== 0) return
    if (byAge.places[group] !== 0) this.#singles.remove(group)
    flags[group]! |= isRepeated
  }

  /** Whether there may be something to give up. `latestUs` is the watermark of the cluster that is furthest. */
  isTight(latestUs: number): boolean {
    const { plan } = this.#state
    const { keys } = this.#state.groups.byAge
    this.#horizonUs = latestUs - plan.timespanUs - plan.holdUs
    return (
      this.#isOver() ||
      (this.#singles.size > 0 && keys[this.#singles.first]! < this.#horizonUs) ||
      (this.#repeated.size > 0 && keys[this.#repeated.first]! < this.#horizonUs)
    )
  }

  /** After `isTight`; `watermarkOf` is that of each cluster. */
  keep(watermarkOf: (cluster: string) => number): void {
    for (const heap of [this.#singles, this.#repeated])
      while (this.#oldestUs(heap) < this.#horizonUs)
        if (!this.#expire(heap.first, watermarkOf)) break
    while (this.#isOver()) this.#evict()
  }

  #isOver(): boolean {
    const { groups, plan } = this.#state
    const { maxKeys, maxBytes } = plan.settings
    return groups.count > maxKeys || (groups.count > 1 && this.#state.bytes > maxBytes)
  }

  #expire(group: number, watermarkOf: (cluster: string) => number): boolean {
    const { members, groups, plan } = this.#state
    const horizonUs = watermarkOf(groups.cluster(group)) - plan.timespanUs - plan.holdUs
    if (members.newestUs(group) > horizonUs) return false
    this.#drop(group)
    return true
  }

  #evict(): void {
    const { members, plan } = this.#state
    const singles = this.#singles
    const repeated = this.#repeated
    this.#oldestUs(singles)
    this.#oldestUs(repeated)
    const heap =
      repeated.size === 0 || singles.size > plan.settings.maxKeys * shareOfSingles
        ? singles
        : repeated
    const group = heap.first
    this.evictedS = Math.max(this.evictedS, Math.ceil(members.newestUs(group) / 1e6))
    this.#evicted += 1
    this.#drop(group)
  }

  #drop(group: number): void {
    const { groups, members, changes } = this.#state
    this.#heapOf(group).remove(group)
    this.#onDrop(group)
    changes.drop(group)
    members.clear(group)
    groups.remove(group)
  }

  /** Brings a group to the front whose age is known; `Infinity` when there is none. Ages only fall behind. */
  #oldestUs(heap: GroupHeap): number {
    for (;;) {
      const group = heap.first
      if (group < 0) return Number.POSITIVE_INFINITY
      const newestUs = this.#state.members.newestUs(group)
      if (newestUs === this.#state.groups.byAge.keys[group]) return newestUs
      heap.set(group, newestUs)
    }
  }

  #heapOf(group: number): GroupHeap {
    return (this.#state.groups.flags[group]! & isRepeated) === 0 ? this.#singles : this.#repeated
  }
}
