import { join } from 'node:path'
import { readRuleFiles } from '../../src/app/rule-files.ts'
import type { Sender } from '../support/sender.ts'
import { builtScript, type ServiceProcess, startService } from '../support/service-process.ts'
import { createServiceSender } from '../support/service-sender.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { waitUntilRead } from '../support/until-read.ts'
import type { Workload } from './workload.ts'

export interface PathFigures {
  /** CPU microseconds an event of the service process alone, from the socket to the delivered alert. */
  readonly cpuUsPerEvent: number
  readonly eventsPerSecond: number
  readonly peakBytes: number
  readonly events: number
}

export interface PathOptions {
  readonly connections?: number
  /** Rules beside our own. */
  readonly rulePaths?: readonly string[]
  /** As the service comes: with all rules, and profiles of what everybody uses. Or with twenty rules alone. Default: `all`. */
  readonly work?: 'all' | 'twentyRules'
}

/** Posts the workload several times over (each event new, and later than those before), in a closed loop, and waits until all of it is evaluated and delivered. */
export async function measureWholePath(
  workload: Workload,
  rounds: number,
  { connections = 4, rulePaths = [], work = 'all' }: PathOptions = {},
): Promise<PathFigures> {
  await using folder = await createTemporaryFolder('bench')
  const service = await startService({
    folder: folder.path,
    script: builtScript,
    config: {
      logLevel: 'error',
      rules: {
        minimumLevel: 'informational',
        ...(work === 'all' ? { paths: rulePaths } : { builtin: false, paths: twentyRules() }),
      },
      roles: { observe: work === 'all' },
      sinks: [{ name: 'file', type: 'file', path: join(folder.path, 'alerts.jsonl') }],
    },
  })
  // The compiler finds what is hot first.
  await post(
    service,
    workload,
    Array.from({ length: rounds }, (_, index) => index),
    connections,
  )
  await waitUntilRead(service, ['detect', 'sink:file'])
  const cpuBefore = service.cpuSeconds()
  const startedMs = performance.now()
  await post(
    service,
    workload,
    Array.from({ length: rounds }, (_, index) => rounds + index),
    connections,
  )
  await waitUntilRead(service, ['detect', 'sink:file'])
  const seconds = (performance.now() - startedMs) / 1000
  const cpuSeconds = service.cpuSeconds() - cpuBefore
  const { peakResidentBytes } = service.memory()
  await service.stop()
  const events = workload.events * rounds
  return {
    cpuUsPerEvent: (cpuSeconds * 1e6) / events,
    eventsPerSecond: events / seconds,
    peakBytes: peakResidentBytes,
    events,
  }
}

/** Every so many of our own rules over single events, in the order of their files. */
function twentyRules(): readonly string[] {
  const files = readRuleFiles({ builtin: true, paths: [] }).filter(
    ({ text }) => !/^correlation:|^ +baseline:/m.test(text),
  )
  return Array.from({ length: 20 }, (_, i) => files[Math.floor((i * files.length) / 20)]!.path)
}

async function post(
  service: ServiceProcess,
  workload: Workload,
  rounds: readonly number[],
  connections: number,
): Promise<void> {
  const senders = Array.from({ length: connections }, () => benchSender(service))
  for (const round of rounds) {
    const waiting = workload.vary(round)
    await Promise.all(
      senders.map(async (sender) => {
        for (let body = waiting.shift(); body !== undefined; body = waiting.shift()) {
          const result = await sender.send(body, AbortSignal.timeout(120_000))
          if (result.outcome !== 'accepted')
            throw new Error(`not accepted: ${JSON.stringify(result.tries)}`)
        }
      }),
    )
  }
  for (const sender of senders) sender.close()
}

export function benchSender(service: ServiceProcess): Sender {
  return createServiceSender(service, { timeScale: 0.1 })
}
