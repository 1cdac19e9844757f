import { setTimeout as wait } from 'node:timers/promises'
import type { Alert } from '../../src/contracts.ts'

/** Waits until the groups have read everything that is stored, by the gauge on /metrics. Rejects after `timeoutMs`. */
export async function waitUntilRead(
  { adminUrl }: { readonly adminUrl: string },
  groups: readonly string[],
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs)
  for (;;) {
    const text = await (await fetch(`${adminUrl}/metrics`, { signal: deadline })).text()
    const lags = groups.map((group) => lagOf(text, group))
    if (lags.every((lag) => lag === 0)) return
    await wait(50, undefined, { signal: deadline })
  }
}

/** Zero for a group that has no cursor yet, because nothing was there to read. */
function lagOf(metricsText: string, group: string): number {
  const line = metricsText
    .split('\n')
    .find(
      (one) => one.startsWith('kubewitness_topic_lag_records') && one.includes(`group="${group}"`),
    )
  return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ') + 1))
}

/** Waits until every alert is closed, which for events of the past is when nothing has come for a second. */
export async function waitUntilClosed(
  { adminUrl }: { readonly adminUrl: string },
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs)
  for (;;) {
    const answer = await fetch(`${adminUrl}/api/v1/alerts?limit=1000`, { signal: deadline })
    // What the interface contract says.
    const { alerts } = (await answer.json()) as { alerts: Pick<Alert, 'actor' | 'status'>[] }
    // What the service says of itself has no end.
    if (alerts.every(({ actor, status }) => status === 'closed' || actor === 'kubewitness')) return
    await wait(100, undefined, { signal: deadline })
  }
}
