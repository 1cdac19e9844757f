import { createHeap, type Heap } from '../../util/heap.ts'

interface Appointment {
  readonly dueUs: number
  readonly id: string
}

/** When something has to be looked at again, by cluster, as each has a time of its own. */
export interface Agenda {
  /** A later one for the same id is of no effect while an earlier one stands. */
  add(cluster: string, dueUs: number, id: string): void
  /** Takes what is due, each id once, earliest first, equal times by id. */
  takeDue(cluster: string, nowUs: number): string[]
  remove(id: string): void
}

export function createAgenda(): Agenda {
  const byCluster = new Map<string, Heap<Appointment>>()
  const earliest = new Map<string, number>()
  return {
    add: (cluster, dueUs, id) => {
      if ((earliest.get(id) ?? Number.POSITIVE_INFINITY) <= dueUs) return
      earliest.set(id, dueUs)
      let heap = byCluster.get(cluster)
      if (heap === undefined) {
        heap = createHeap<Appointment>(
          (a, b) => a.dueUs < b.dueUs || (a.dueUs === b.dueUs && a.id < b.id),
        )
        byCluster.set(cluster, heap)
      }
      heap.push({ dueUs, id })
    },
    takeDue: (cluster, nowUs) => {
      const heap = byCluster.get(cluster)
      const due: string[] = []
      for (
        let next = heap?.peek();
        next !== undefined && next.dueUs <= nowUs;
        next = heap?.peek()
      ) {
        heap?.pop()
        // Otherwise it was moved to an earlier time and taken then, or it is gone.
        if (earliest.get(next.id) !== next.dueUs) continue
        earliest.delete(next.id)
        due.push(next.id)
      }
      return due
    },
    remove: (id) => {
      earliest.delete(id)
    },
  }
}
