/** What comes first by `isBefore` is taken first; in the order of arrival only if `isBefore` says so. */
export interface Heap<T> {
  readonly size: number
  push(item: T): void
  peek(): T | undefined
  pop(): T | undefined
}

/** A binary heap: both push and pop take time in the logarithm of its size. */
export function createHeap<T>(isBefore: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = []
  const swap = (a: number, b: number): void => {
    ;[items[a], items[b]] = [items[b]!, items[a]!]
  }
  const rise = (place: number): void => {
    for (let at = place; at > 0; ) {
      const parent = (at - 1) >> 1
      if (!isBefore(items[at]!, items[parent]!)) return
      swap(at, parent)
      at = parent
    }
  }
  const sink = (): void => {
    for (let at = 0; ; ) {
      let first = at
      for (const child of [at * 2 + 1, at * 2 + 2])
        if (child < items.length && isBefore(items[child]!, items[first]!)) first = child
      if (first === at) return
      swap(at, first)
      at = first
    }
  }
  return {
    get size() {
      return items.length
    },
    push: (item) => {
      items.push(item)
      rise(items.length - 1)
    },
    peek: () => items[0],
    pop: () => {
      const first = items[0]
      const last = items.pop()
      if (items.length > 0 && last !== undefined) {
        items[0] = last
        sink()
      }
      return first
    },
  }
}
