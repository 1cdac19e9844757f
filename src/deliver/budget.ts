/** So much of something at a time: who wants more waits until enough was given back. In order. */
export interface Budget {
  /** Resolves when there is room, or nothing is taken: one may be larger than all. */
  take(amount: number): Promise<void>
  give(amount: number): void
}

export function createBudget(total: number): Budget {
  const waiting: { readonly amount: number; readonly go: () => void }[] = []
  let taken = 0
  const admit = (): void => {
    while (waiting[0] !== undefined && (taken === 0 || taken + waiting[0].amount <= total)) {
      // The first is there: it was just looked at.
      const { amount, go } = waiting.shift()!
      taken += amount
      go()
    }
  }
  return {
    take: (amount) =>
      new Promise((resolve) => {
        waiting.push({ amount, go: resolve })
        admit()
      }),
    give: (amount) => {
      taken -= amount
      admit()
    },
  }
}
