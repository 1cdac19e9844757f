/** How many may be at something at a time, where the number changes. First come, first served. */
export interface Slots {
  take(): Promise<void>
  give(): void
  /** To be told when there may be more of them. */
  changed(): void
}

export function createSlots(count: () => number): Slots {
  const waiting: (() => void)[] = []
  let taken = 0
  const changed = (): void => {
    while (taken < count()) {
      const next = waiting.shift()
      if (next === undefined) return
      taken++
      next()
    }
  }
  return {
    changed,
    take: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        changed()
      }),
    give: () => {
      taken--
      changed()
    },
  }
}
