import { join } from 'node:path'
import { readRuleFiles } from '../../src/app/rule-files.ts'
import type { Sender } from '../support/sender.ts'
import { builtScript, type ServiceProcess, startService } from '../support/service-process.ts'
import { createServiceSender } from '../support/service-sender.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { waitUntilRead } from '../support/until-read.ts'
import type { Workload } from './workload.ts'

export interface PathOptions {
  readonly connections?: number
  /** Rules beside our own. */
  readonly rulePaths?: readonly string[]
  /** As the service comes: with all rules, and profiles of what everybody uses. Or with twenty rules alone. Default: `all`. */
  readonly work?: 'all' | 'twentyRules'
}

export interface PathFigures {
  /** CPU microseconds an event of the service process alone, from the socket to the delivered alert. */
  readonly cpuUsPerEvent: number
  readonly seconds: number
}

/** A service that a workload is posted to, over and over. */
export interface OpenPath {
  /** Posts each round (its events new, and later than those before), in a closed loop, and waits until all of it is evaluated and delivered. */
  post(rounds: readonly number[]): Promise<PathFigures>
  /** Of the service process alone. */
  readonly peakBytes: number
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts the service; it and its folder are gone when the path is disposed of. */
export async function openWholePath(
  workload: Workload,
  { connections = 4, rulePaths = [], work = 'all' }: PathOptions = {},
): Promise<OpenPath> {
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(await createTemporaryFolder('bench'))
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
  opened.defer(async () => void (await service.stop()))
  const owned = opened.move()
  return {
    post: async (rounds) => {
      const cpuBefore = service.cpuSeconds()
      const startedMs = performance.now()
      await post(service, workload, rounds, connections)
      await waitUntilRead(service, ['detect', 'sink:file'])
      const seconds = (performance.now() - startedMs) / 1000
      const cpuSeconds = service.cpuSeconds() - cpuBefore
      return { cpuUsPerEvent: (cpuSeconds * 1e6) / (workload.events * rounds.length), seconds }
    },
    get peakBytes() {
      return service.memory().peakResidentBytes
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** The numbers of so many rounds that follow on each other. */
export function roundsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index)
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
