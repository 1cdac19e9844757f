import { createHash } from 'node:crypto'
import type { Alert, Level } from '../../contracts.ts'
import { formatTimeUs } from '../../util/time.ts'

/** An alert that says of itself that it is a test; another one each time. */
export function sampleAlert(
  sink: string,
  level: Level,
  { nowMs, random }: { readonly nowMs: number; readonly random: number },
): Alert {
  const at = formatTimeUs(nowMs * 1000)
  return {
    schema: 'kubewitness.alert/v1',
    id: createHash('sha256').update(`${sink} ${nowMs} ${random}`).digest('hex').slice(0, 32),
    revision: 1,
    status: 'open',
    rule: {
      id: '3f8f6a1e-6a64-4f0e-9a58-5a3f3f1f7e01',
      name: 'sink_test',
      title: 'Test of a sink',
      level,
      tags: [],
    },
    cluster: 'test',
    actor: 'kubewitness',
    effectiveUser: 'kubewitness',
    peerIp: '',
    userAgent: '',
    target: {},
    firstSeen: at,
    lastSeen: at,
    count: 1,
    events: [],
    group: { sink },
    summary: `This is a test of the sink ${sink}, sent by \`kubewitness sinks test\`. Nothing has happened.`,
    why: [],
  }
}

/** The end of it. */
export function closedSample(alert: Alert): Alert {
  return { ...alert, revision: 2, status: 'closed', count: 2, closedBecause: 'end' }
}
