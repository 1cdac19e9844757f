import { serviceAlert } from '../../app/service-alert.ts'
import type { Alert, Level } from '../../contracts.ts'

/** An alert that says of itself that it is a test; another one each time. */
export function sampleAlert(
  sink: string,
  level: Level,
  { nowMs, random }: { readonly nowMs: number; readonly random: number },
): Alert {
  return serviceAlert({
    rule: {
      id: '3f8f6a1e-6a64-4f0e-9a58-5a3f3f1f7e01',
      name: 'sink_test',
      title: 'Test of a sink',
      level,
      tags: [],
    },
    cluster: 'test',
    subject: sink,
    occasion: nowMs + random,
    status: 'open',
    summary: `This is a test of the sink ${sink}, sent by \`kubewitness sinks test\`. Nothing has happened.`,
    why: [],
    atMs: nowMs,
  })
}

/** The end of it. */
export function closedSample(alert: Alert): Alert {
  return { ...alert, revision: 2, status: 'closed', count: 2, closedBecause: 'end' }
}
