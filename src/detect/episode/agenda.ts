import { createHeap, type Heap } from '../../util/heap.ts'

interface Appointment {
  readonly cluster: string
  readonly dueUs: number
  readonly id: string
}

/** When something has to be looked at again, by cluster, as each has a time of its own. */
export interface Agenda {
  /** A later one for the same id is of no effect while an earlier one stands. */
  add(cluster: string, dueUs: number, id: string): void
  /** Before that nothing is due; `Infinity` when nothing will be. */
  nextUs(cluster: string): number
  /** Takes what is due, each id once, earliest first, equal times by id. */
  takeDue(cluster: string, nowUs: number): string[]
  remove(id: string): void
  /** What is kept, with what is of no effect any more; not much more than twice what is. */
  readonly size: number
}

const slack = 1_000

export function createAgenda(): Agenda {
  const byCluster = new Map<string, Heap<Appointment>>()
  /** The one of each id that counts; others are still in the heaps. */
  const earliest = new Map<string, Appointment>()
  let size = 0

  const push = (appointment: Appointment): void => {
    const { cluster } = appointment
    const heap = byCluster.get(cluster) ?? createHeap<Appointment>(isBefore)
    byCluster.set(cluster, heap)
    heap.push(appointment)
    size += 1
  }

  /** Ids that come and go faster than they fall due must not pile up. */
  const tidy = (): void => {
    if (size <= earliest.size * 2 + slack) return
    byCluster.clear()
    size = 0
    for (const appointment of earliest.values()) push(appointment)
  }

  return {
    get size() {
      return size
    },
    add: (cluster, dueUs, id) => {
      const known = earliest.get(id)
      if (known !== undefined && known.dueUs <= dueUs) return
      const appointment = { cluster, dueUs, id }
      earliest.set(id, appointment)
      push(appointment)
      tidy()
    },
    nextUs: (cluster) => byCluster.get(cluster)?.peek()?.dueUs ?? Number.POSITIVE_INFINITY,
    takeDue: (cluster, nowUs) => {
      const heap = byCluster.get(cluster)
      const due: string[] = []
      for (
        let next = heap?.peek();
        next !== undefined && next.dueUs <= nowUs;
        next = heap?.peek()
      ) {
        heap?.pop()
        size -= 1
        // Otherwise it was moved to an earlier time and taken then, or it is gone.
        if (earliest.get(next.id) !== next) continue
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

function isBefore(a: Appointment, b: Appointment): boolean {
  return a.dueUs < b.dueUs || (a.dueUs === b.dueUs && a.id < b.id)
}
