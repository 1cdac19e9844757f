import { setTimeout as wait } from 'node:timers/promises'

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
