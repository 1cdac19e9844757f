import type { Clock, Component } from '../contracts.ts'
import type { Alarm } from './alarms.ts'

const checkEveryMs = 15_000

/**
 * Misses clusters that have sent before and no longer do: an API server audits its own requests, so that a healthy
 * one is never silent for minutes. The alarm comes once per silence.
 */
export function createSilenceWatch(options: {
  readonly clock: Clock
  readonly silentAfterMs: number
  readonly raise: (alarm: Alarm) => void
}): Component & { received(cluster: string, atMs: number): void } {
  const { clock, silentAfterMs, raise } = options
  const lastByCluster = new Map<string, number>()
  const stopping = new AbortController()
  const check = (): void => {
    for (const [cluster, lastMs] of lastByCluster) {
      if (clock.nowMs() - lastMs < silentAfterMs) continue
      lastByCluster.delete(cluster)
      raise({
        code: 'sender_silent',
        cluster,
        subject: new Date(lastMs).toISOString(),
        message: `No audit events from cluster ${cluster} since ${new Date(lastMs).toISOString()}; look at apiserver_audit_error_total and the API server's log`,
      })
    }
  }
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await clock.sleep(checkEveryMs, stopping.signal)
      check()
    }
  }
  let running: Promise<void> = Promise.resolve()
  return {
    name: 'silence watch',
    received: (cluster, atMs) => lastByCluster.set(cluster, atMs),
    start: async () => {
      running = run().catch(() => undefined) // Ends only by the abort of stop.
    },
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
