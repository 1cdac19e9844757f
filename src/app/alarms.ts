import type { Alert, Clock, Level, Log, Logger } from '../contracts.ts'
import { messageOf } from '../errors.ts'
import { alertRecord } from './produced.ts'
import { serviceAlert } from './service-alert.ts'
import { alertsTopic } from './topics.ts'

interface AlarmDefinition {
  readonly id: string
  readonly title: string
  readonly level: Level
  readonly tags: readonly string[]
}

/** What the service says about itself through the same alerts as the rules: loss, blindness and silence are findings too. */
export const alarmTable = {
  body_too_large: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a01',
    title: 'A batch of audit events was too large and will be lost',
    level: 'high',
    tags: ['attack.t1685.002'],
  },
  sender_silent: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a02',
    title: 'A cluster has stopped sending audit events',
    level: 'high',
    tags: ['attack.t1685.002'],
  },
  apiserver_silent: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a04',
    title: 'One of several API servers has stopped sending audit events',
    level: 'medium',
    tags: ['attack.t1685.002'],
  },
  apiserver_events_low: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a05',
    title: 'An API server sends far fewer audit events than usual',
    level: 'medium',
    tags: ['attack.t1685.002'],
  },
  apiserver_restarted: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a06',
    title: 'An API server was restarted',
    level: 'informational',
    tags: [],
  },
  events_lost: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a07',
    title: 'An API server has lost audit events',
    level: 'high',
    tags: ['attack.t1685.002'],
  },
  events_unaccounted: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a08',
    title: 'API servers sent audit events that did not come',
    level: 'high',
    tags: ['attack.t1685.002'],
  },
  rule_disabled: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a03',
    title: 'A rule failed and was switched off',
    level: 'medium',
    tags: [],
  },
} as const satisfies Record<string, AlarmDefinition>

export type AlarmCode = keyof typeof alarmTable

export interface Alarm {
  readonly code: AlarmCode
  /** Empty when it concerns no cluster. */
  readonly cluster: string
  /** What happened and what to do, one sentence or two. */
  readonly message: string
  /** What it is about: alarms with the same code, cluster and subject are one an hour. */
  readonly subject: string
}

const windowMs = 3_600_000

/** Raises alarms as alerts of the log, each at most once an hour, and says them in the diagnostics. Never throws. */
export function createAlarms({
  log,
  clock,
  logger,
}: {
  readonly log: Log
  readonly clock: Clock
  readonly logger: Logger
}): (alarm: Alarm) => void {
  const lastByKey = new Map<string, number>()
  return (alarm) => {
    const nowMs = clock.nowMs()
    const key = JSON.stringify([alarm.code, alarm.cluster, alarm.subject])
    if (nowMs - (lastByKey.get(key) ?? Number.NEGATIVE_INFINITY) < windowMs) return
    for (const [other, lastMs] of lastByKey) if (nowMs - lastMs >= windowMs) lastByKey.delete(other)
    lastByKey.set(key, nowMs)
    const isTrouble = alarmTable[alarm.code].level !== 'informational'
    const fields = { code: alarm.code, cluster: alarm.cluster, alarm: alarm.message }
    if (isTrouble) logger.error('Alarm', fields)
    else logger.info('Alarm', fields)
    log
      .append(
        [{ topic: alertsTopic, records: [alertRecord(alarmAlert(alarm, nowMs))] }],
        new AbortController().signal,
      )
      .catch((error: unknown) =>
        logger.error('An alarm could not be stored', {
          code: alarm.code,
          message: messageOf(error),
        }),
      )
  }
}

/** The alert of an alarm. Its id covers the hour, so that a restart within it raises none twice. */
function alarmAlert({ code, cluster, message, subject }: Alarm, nowMs: number): Alert {
  const { id, title, level, tags } = alarmTable[code]
  return serviceAlert({
    rule: { id, name: code, title, level, tags: [...tags] },
    cluster,
    subject,
    occasion: Math.floor(nowMs / windowMs),
    status: 'open',
    summary: message,
    why: [],
    atMs: nowMs,
  })
}
