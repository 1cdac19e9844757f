/** Lets readers wait for their topic to change. */
export interface Wakeups {
  /** Resolves at the next `wake` of the topic, or when the signal aborts. */
  next(topic: string, signal: AbortSignal): Promise<void>
  wake(topic: string): void
  wakeAll(): void
}

export function createWakeups(): Wakeups {
  const waiting = new Map<string, Set<() => void>>()
  const wake = (topic: string): void => {
    for (const resume of [...(waiting.get(topic) ?? [])]) resume()
  }
  return {
    next: (topic, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve()
        const waiters = waiting.get(topic) ?? new Set()
        waiting.set(topic, waiters)
        const resume = (): void => {
          waiters.delete(resume)
          signal.removeEventListener('abort', resume)
          resolve()
        }
        waiters.add(resume)
        signal.addEventListener('abort', resume, { once: true })
      }),
    wake,
    wakeAll: () => {
      for (const topic of [...waiting.keys()]) wake(topic)
    },
  }
}
