import type { Clock } from '../contracts.ts'
import type { Wakeups } from './wakeups.ts'

/** How a wait for more ended: `waited` = nothing came for as long as asked. */
export type Pause = 'woken' | 'waited'

/** Waits until the topic changes or the signal aborts, no longer than `maxMs`. */
export async function pauseFor(
  { wakeups, clock }: { readonly wakeups: Wakeups; readonly clock: Clock },
  topic: string,
  maxMs: number | undefined,
  signal: AbortSignal,
): Promise<Pause> {
  if (maxMs === undefined) {
    await wakeups.next(topic, signal)
    return 'woken'
  }
  const waiting = new AbortController()
  const stop = (): void => waiting.abort()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    const sleep = clock.sleep(maxMs, waiting.signal).then(
      () => 'waited' as const,
      () => 'woken' as const,
    )
    const next = wakeups.next(topic, waiting.signal).then(() => 'woken' as const)
    return await Promise.race([next, sleep])
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}
