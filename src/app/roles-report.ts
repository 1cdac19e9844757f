import cron, { type ScheduledTask } from 'node-cron'
import { z } from 'zod'
import type { RolesReportConfig } from '../config/roles.ts'
import type { Clock, Component, Log, Logger } from '../contracts.ts'
import { messageOf } from '../errors.ts'
import type { ReportQuestion, RolesAnswer, RolesQuery } from '../web/roles.ts'
import { alertRecord } from './produced.ts'
import { keepReport } from './report-folder.ts'
import { type ServiceFinding, serviceAlert } from './service-alert.ts'
import { alertsTopic } from './topics.ts'

export interface RolesReportOptions {
  readonly config: RolesReportConfig
  readonly clusters: readonly string[]
  /** Where the documents are kept. */
  readonly folder: string
  readonly ask: RolesQuery
  readonly log: Log
  readonly clock: Clock
  readonly logger: Logger
}

const ruleId = '6f6b1a52-0f0c-4a3e-9a7e-5a2f4f1d7c10'
const longestWaitMs = 60_000
const maxTries = 10

const bodySchema = z.object({ summary: z.array(z.string()), highlights: z.array(z.string()) })

/**
 * Reports by the calendar what each cluster grants beside what was done: a document in a folder, and an alert about it that goes
 * to the sinks as every alert does. A report that cannot be made is an alert too. One that was due while the service was down is
 * not made up for.
 */
export function createRolesReport(options: RolesReportOptions): Component {
  const { config, clusters, clock, logger, log } = options
  const stopping = new AbortController()
  let task: ScheduledTask | undefined
  let running: Promise<void> = Promise.resolve()
  const run = async (): Promise<void> => {
    for (const cluster of clusters) {
      if (stopping.signal.aborted) return
      const finding = await findingOn(cluster, options, stopping.signal)
      if (finding === undefined) return
      const record = alertRecord(serviceAlert(finding))
      await log.append([{ topic: alertsTopic, records: [record] }], stopping.signal)
      logger.info('Roles report', { cluster, summary: finding.summary })
    }
  }
  const begin = (): Promise<void> => {
    running = running.then(run).catch((error: unknown) => {
      if (!stopping.signal.aborted)
        logger.error('The roles report failed', { message: messageOf(error), at: clock.nowMs() })
    })
    return running
  }
  return {
    name: 'roles report',
    start: async () => {
      // A process that was too busy at the minute reports later, not never.
      task = cron.createTask(config.schedule, begin, {
        timezone: config.timeZone,
        suppressMissedWarning: true,
      })
      task.on('execution:missed', begin)
      await task.start()
      logger.info('Roles are reported on by the calendar', {
        schedule: config.schedule,
        next: task.getNextRun()?.toISOString(),
      })
    },
    stop: async () => {
      stopping.abort()
      await task?.destroy()
      await running
    },
  }
}

/** What is to be said of a cluster; undefined when the service stops meanwhile. */
async function findingOn(
  cluster: string,
  options: RolesReportOptions,
  signal: AbortSignal,
): Promise<ServiceFinding | undefined> {
  const { config, clock, folder } = options
  const ask = (format: ReportQuestion['format']) =>
    askUntilReady({ kind: 'report', cluster, format }, options, signal)
  const [brief, document] = [await ask('json'), await ask('html')]
  if (signal.aborted) return undefined
  const atMs = clock.nowMs()
  const about = (said: Pick<ServiceFinding, 'summary' | 'why'>): ServiceFinding => ({
    rule: {
      id: ruleId,
      name: 'roles_report',
      title: 'What roles grant and what was used of it',
      level: config.level,
      tags: [],
    },
    cluster,
    subject: cluster,
    occasion: Math.floor(atMs / 60_000),
    status: 'closed',
    atMs,
    ...said,
  })
  if (brief.kind !== 'found' || document.kind !== 'found')
    return about({
      summary: `The report on the roles of ${cluster} could not be made: ${reasonOf(brief)}`,
      why: [],
    })
  const path = await keepReport({
    folder,
    cluster,
    atMs,
    keep: config.keep,
    document: document.body,
  })
  const { summary, highlights } = bodySchema.parse(JSON.parse(brief.body))
  return about({
    summary: `${summary.join(' ')} The whole report: ${path}, or /api/v1/roles/report?cluster=${encodeURIComponent(cluster)}&format=html.`,
    why: highlights.map((value) => ({ selection: 'report', field: 'roles', value })),
  })
}

async function askUntilReady(
  question: ReportQuestion,
  { ask, clock }: RolesReportOptions,
  signal: AbortSignal,
): Promise<RolesAnswer> {
  for (let tries = 1; ; tries++) {
    const answer = await ask(question)
    if (answer.kind !== 'unready' || tries === maxTries || signal.aborted) return answer
    const waitMs = Math.min(1000 * 2 ** (tries - 1), longestWaitMs)
    await clock.sleep(waitMs, signal).catch(() => undefined) // The loop ends by the signal.
  }
}

function reasonOf(answer: RolesAnswer): string {
  switch (answer.kind) {
    case 'unusable':
      return answer.message
    case 'unready':
      return 'what was observed could not be read; see the diagnostics'
    case 'noManifests':
    case 'off':
    case 'unknown':
    case 'found':
      return `unexpected answer (${answer.kind})`
    default:
      return answer satisfies never
  }
}
