/** Counts what is under way. */
export interface InFlightCount {
  /** Counts until the work settles; it must not reject. */
  during(work: Promise<void>): Promise<void>
  /** Resolves when nothing is under way. */
  none(): Promise<void>
}

export function createInFlightCount(): InFlightCount {
  let count = 0
  let waiting: (() => void)[] = []
  return {
    during: async (work) => {
      count++
      await work
      count--
      if (count > 0) return
      const ready = waiting
      waiting = []
      for (const resolve of ready) resolve()
    },
    none: () =>
      new Promise((resolve) => {
        if (count === 0) resolve()
        else waiting.push(resolve)
      }),
  }
}
