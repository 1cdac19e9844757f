import { GroupHeap } from './group-heap.ts'
import type { Groups } from './groups.ts'

/** When the groups of a rule are to be decided, by the watermark of their cluster. */
export class DueGroups {
  readonly #groups: Groups
  readonly #heaps = new Map<string, GroupHeap>()

  constructor(groups: Groups) {
    this.#groups = groups
  }

  /** When the next group of a cluster is due; `Infinity` when none is. */
  nextUs(cluster: string): number {
    const first = this.#heaps.get(cluster)?.first ?? -1
    return first < 0 ? Number.POSITIVE_INFINITY : this.#groups.byDue.keys[first]!
  }

  /** Takes out the group that is due next; there is one. */
  take(cluster: string): number {
    const heap = this.#heaps.get(cluster)!
    const group = heap.first
    heap.remove(group)
    return group
  }

  /** Leaves a group where it is when it is due before that. */
  schedule(group: number, cluster: string, dueUs: number): void {
    const { keys, places } = this.#groups.byDue
    if (places[group] !== 0 && keys[group]! <= dueUs) return
    let heap = this.#heaps.get(cluster)
    if (heap === undefined) {
      heap = new GroupHeap(this.#groups.byDue, (a, b) => this.#groups.compare(a, b))
      this.#heaps.set(cluster, heap)
    }
    heap.set(group, dueUs)
  }

  /** Takes a group out, if it is there. */
  remove(group: number): void {
    const { places } = this.#groups.byDue
    if (places.length === 0 || places[group] === 0) return
    this.#heaps.get(this.#groups.key(group).cluster)?.remove(group)
  }
}
