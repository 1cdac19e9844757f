import { z } from 'zod'
import type { Alert, Clock, ClosingReason, Component, Log, Logger } from '../contracts.ts'
import { KubewitnessError, messageOf } from '../errors.ts'
import { formatTimeUs } from '../util/time.ts'
import { type AlarmCode, alarmTable } from './alarm-table.ts'
import { createJsonFile } from './json-file.ts'
import { alertRecord } from './produced.ts'
import { serviceAlert } from './service-alert.ts'
import { alertsTopic } from './topics.ts'

export interface Alarm {
  readonly code: AlarmCode
  /** Empty when it concerns no cluster. */
  readonly cluster: string
  /** What happened and what to do, one sentence or two. */
  readonly message: string
  /** What it is about: alarms with the same code, cluster and subject are one while it is open. */
  readonly subject: string
  /** When what it tells began, where several processes see the same: they open the same alert, and it is told once. Absent: now. */
  readonly sinceMs?: number
}

/** Of all clusters and subjects, when they are not said. */
export type AlarmOver = Pick<Alarm, 'code'> & Partial<Pick<Alarm, 'cluster' | 'subject'>>

/** What the service says about itself through the same alerts as the rules: loss, blindness and silence are findings too. */
export interface Alarms extends Component {
  /** Opens an alert, or adds to the one that is open: it is told again at most once an hour. Never throws. */
  raise(alarm: Alarm): void
  /** What was raised so is over: its alert is closed. Nothing happens when none is open. Never throws. */
  clear(over: AlarmOver): void
}

export interface AlarmsOptions {
  readonly log: Log
  readonly clock: Clock
  readonly logger: Logger
  /** Keeps what is open, so that it can be closed after a restart. */
  readonly file: string
}

const quietMs = 3_600_000
const checkEveryMs = 60_000
const repeatMs = 10_000
/** As of any alert: an API server that never comes back is no news after a day. */
const longestMs = 24 * 3_600_000

const openSchema = z.object({
  code: z.enum(Object.keys(alarmTable) as [AlarmCode, ...AlarmCode[]]),
  cluster: z.string(),
  subject: z.string(),
  message: z.string(),
  openedMs: z.number(),
  sinceMs: z.number().optional(),
  lastMs: z.number(),
  /** When a revision was stored. */
  toldMs: z.number(),
  count: z.number(),
  revision: z.number(),
})
const fileSchema = z.object({ version: z.literal(1), open: z.array(openSchema) })
type OpenAlarm = z.infer<typeof openSchema>

export function createAlarms({ log, clock, logger, file }: AlarmsOptions): Alarms {
  const open = new Map<string, OpenAlarm>()
  const kept = createJsonFile(file, fileSchema, { logger, what: 'open alarms' })
  const stopping = new AbortController()
  let running: Promise<unknown> = Promise.resolve()
  let written: Promise<void> = Promise.resolve()

  /** Again and again while the log has no room, until the stop. */
  const store = async (alert: Alert): Promise<boolean> => {
    const records = [alertRecord(alert)]
    for (let attempt = 0; ; attempt++) {
      try {
        await log.append([{ topic: alertsTopic, records }], new AbortController().signal)
        return true
      } catch (error) {
        const fields = { code: alert.rule.name, message: messageOf(error) }
        if (attempt === 0) logger.error('An alarm could not be stored', fields)
        if (!(error instanceof KubewitnessError && error.retryable)) return false
        const wait = clock.sleep(repeatMs, stopping.signal)
        if (!(await wait.then(() => true).catch(() => false))) return false
      }
    }
  }
  /** In the order of the calls, each with what is open behind it. */
  const write = (alert: Alert): void => {
    const value = { version: 1, open: [...open.values()].map((each) => ({ ...each })) } as const
    written = written.then(async () => {
      if (await store(alert)) await kept.save(value)
    })
  }
  const close = (key: string, alarm: OpenAlarm, closedBecause: ClosingReason): void => {
    open.delete(key)
    const { code, cluster, message } = alarm
    logger.info('Alarm is over', { code, cluster, alarm: message })
    alarm.revision += 1
    write({ ...alertOf(alarm, 'closed'), closedBecause })
  }
  const check = (): void => {
    const nowMs = clock.nowMs()
    for (const [key, alarm] of open) {
      const isMoment = alarmTable[alarm.code].kind === 'moment'
      if (isMoment && nowMs - alarm.lastMs >= quietMs) close(key, alarm, 'quiet')
      else if (nowMs - alarm.openedMs >= longestMs) close(key, alarm, 'duration')
    }
  }
  const run = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(checkEveryMs, stopping.signal)
      check()
    }
  }

  return {
    name: 'alarms',
    start: async () => {
      for (const alarm of (await kept.load())?.open ?? []) {
        const key = keyOf(alarm)
        if (!open.has(key)) open.set(key, alarm)
      }
      running = run().catch(() => undefined) // Ends only by the abort of stop.
    },
    stop: async () => {
      stopping.abort()
      await running
      await written
    },
    raise: (alarm) => {
      const nowMs = clock.nowMs()
      const key = keyOf(alarm)
      const known = open.get(key)
      const { code, cluster, message } = alarm
      if (known !== undefined) {
        known.count += 1
        known.lastMs = nowMs
        known.message = message
        if (nowMs - known.toldMs < quietMs) return
        known.revision += 1
      }
      const now = known ?? { ...alarm, openedMs: nowMs, lastMs: nowMs, count: 1, revision: 1 }
      const told = { ...now, toldMs: nowMs }
      open.set(key, told)
      const fields = { code, cluster, alarm: message }
      if (alarmTable[code].level !== 'informational') logger.error('Alarm', fields)
      else logger.info('Alarm', fields)
      write(alertOf(told, known === undefined ? 'open' : 'updated'))
    },
    clear: ({ code, cluster, subject }) => {
      for (const [key, alarm] of open) {
        if (alarm.code !== code) continue
        if (cluster !== undefined && alarm.cluster !== cluster) continue
        if (subject !== undefined && alarm.subject !== subject) continue
        alarm.lastMs = clock.nowMs()
        close(key, alarm, 'over')
      }
    },
  }
}

function keyOf({ code, cluster, subject }: Pick<Alarm, 'code' | 'cluster' | 'subject'>): string {
  return JSON.stringify([code, cluster, subject])
}

/** Its id covers the time at which what it tells began, or else at which it was opened. */
function alertOf(alarm: OpenAlarm, status: Alert['status']): Alert {
  const { code, cluster, message, subject, openedMs, lastMs, count, revision } = alarm
  const { sinceMs = openedMs } = alarm
  const { id, title, level, tags } = alarmTable[code]
  return {
    ...serviceAlert({
      rule: { id, name: code, title, level, tags: [...tags] },
      cluster,
      subject,
      occasion: sinceMs,
      status,
      summary: message,
      why: [],
      atMs: openedMs,
    }),
    revision,
    lastSeen: formatTimeUs(lastMs * 1000),
    openedAt: formatTimeUs(openedMs * 1000),
    count,
  }
}
