import { setTimeout as wait } from 'node:timers/promises'

/** Waits until the groups have read everything that is stored, by the gauge on /metrics. Rejects after `timeoutMs`. */
export async function waitUntilRead(
  { adminUrl }: { readonly adminUrl: string },
  groups: readonly string[],
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs)
  for (;;) {
    const answer = await fetch(`${adminUrl}/metrics`, { signal: deadline })
    const text = await answer.text()
    if (answer.ok && groups.every((group) => lagOf(text, group) === 0)) return
    await wait(50, undefined, { signal: deadline })
  }
}

/** NaN when it is not said, or not known. */
function lagOf(metricsText: string, group: string): number {
  const line = metricsText
    .split('\n')
    .find(
      (one) => one.startsWith('kubewitness_topic_lag_records') && one.includes(`group="${group}"`),
    )
  return line === undefined ? Number.NaN : Number(line.slice(line.lastIndexOf(' ') + 1))
}
