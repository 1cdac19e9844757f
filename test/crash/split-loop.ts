import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openLog } from '../../src/app/open-log.ts'
import { parseConfig } from '../../src/config/load.ts'
import type { Alert } from '../../src/contracts.ts'
import { messageOf } from '../../src/errors.ts'
import { systemClock } from '../../src/util/clock.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { createMetrics } from '../../src/util/metrics.ts'
import type { Verdict } from '../support/oracle.ts'
import { createRandom } from '../support/random.ts'
import type { OwnServer } from '../support/servers.ts'
import { type ServiceProcess, startService } from '../support/service-process.ts'
import { exportTopic } from '../support/stored.ts'
import { waitUntilRead } from '../support/until-read.ts'
import { startLoad } from './load.ts'
import { judgeWindows, type WindowsVerdict, windowRules } from './windows.ts'

export interface SplitLoopOptions {
  readonly broker: OwnServer
  readonly folder: string
  /** Times that each of the things happens that go wrong. */
  readonly rounds: number
  readonly seed: number
  /** The program; default `src/main.ts`. */
  readonly script?: string
  readonly onRound?: (number: number, what: string) => void
}

export interface SplitLoopResult {
  readonly verdict: Verdict
  readonly windows: WindowsVerdict
  readonly bodiesAcknowledged: number
  readonly bodiesDropped: number
  /** Times that a process was killed, the broker was killed, and the partitions were shared out anew under load. */
  readonly kills: number
  readonly brokerKills: number
  readonly rebalances: number
}

const clusters = ['north', 'east', 'south', 'west', 'centre']
const partitions = 6

/**
 * Three processes over a broker, two of which detect, and a load that does not pause. In turn, at seeded instants: a detecting
 * process is killed with signal 9 and started again; a third one joins and leaves; the broker is killed and started again.
 * Judges at the end what is in the log against what was acknowledged.
 */
export async function runSplitLoop(options: SplitLoopOptions): Promise<SplitLoopResult> {
  const { broker, folder, rounds, seed, script, onRound } = options
  const random = createRandom(seed)
  const rulesFile = join(folder, 'windows.yml')
  writeFileSync(rulesFile, windowRules)
  const config = {
    rules: { minimumLevel: 'low', paths: [rulesFile] },
    // Every event is looked for in the list of an alert. Time flies in the bodies: alerts come and go.
    episodes: { maxEvents: 100_000, quietMinutes: 0.5, latenessMinutes: 0.5 },
    log: {
      type: 'kafka',
      brokers: [broker.address],
      topics: { partitions, replicationFactor: 1 },
      sessionTimeoutMs: 2000,
    },
    webhook: { clusters: clusters.map((name) => ({ name })) },
    sinks: [{ name: 'file', type: 'file', path: join(folder, 'alerts.jsonl') }],
    logLevel: 'warn',
  }
  const start = (name: string, roles: string): Promise<ServiceProcess> =>
    startService({
      folder: join(folder, name),
      roles,
      config,
      readyTimeoutMs: 180_000,
      ...(script !== undefined && { script }),
    })
  const front = await start('front', 'ingest,deliver')
  const detecting = [await start('one', 'detect'), await start('two', 'detect')]
  const load = startLoad({
    folder: front.folder,
    port: front.ports.webhook,
    senders: clusters,
    seed,
    pauseMs: 20,
  })
  const pause = (): Promise<void> => wait(500 + random() * 1500)
  for (let round = 0; round < rounds; round++) {
    await pause()
    const victim = round % 2
    await detecting[victim]!.kill9()
    onRound?.(round, 'a detecting process was killed')
    await pause()
    detecting[victim] = await start(victim === 0 ? 'one' : 'two', 'detect')
    await pause()
    const third = await start('three', 'detect')
    onRound?.(round, 'a third one has joined')
    await pause()
    await third.stop()
    onRound?.(round, 'and left')
    await pause()
    await broker.kill9()
    await wait(random() * 1000)
    await broker.restart()
    onRound?.(round, 'the broker was killed and is back')
  }
  await pause()
  await load.stop()
  const all = [front, ...detecting]
  await waitUntilRead(front, ['detect', 'sink:file'], 180_000).catch(async (cause: unknown) => {
    throw new Error(`not everything is read: ${await lastWords(all)}`, { cause })
  })
  for (const service of all.toReversed()) await service.stop()
  const verdict = await judge(front.folder, load)
  return {
    ...verdict,
    ...load.counts(),
    kills: rounds,
    brokerKills: rounds,
    rebalances: 2 * rounds,
  }
}

async function judge(
  folder: string,
  load: ReturnType<typeof startLoad>,
): Promise<Pick<SplitLoopResult, 'verdict' | 'windows'>> {
  const alerts = (await exportTopic(folder, 'alerts')) as Alert[]
  const verdict = load.oracle.judge({
    stored: load.storedEvents(await exportTopic(folder, 'events')),
    alerts,
  })
  const text = readFileSync(join(folder, 'kubewitness.yml'), 'utf8')
  const config = parseConfig(text, 'kubewitness.yml', folder)
  const { log } = openLog({
    config,
    clock: systemClock,
    logger: silentLogger,
    metrics: createMetrics({ withProcessMetrics: false }),
    onFatal: () => undefined,
  })
  await log.start()
  try {
    return { verdict, windows: await judgeWindows(config, log, alerts) }
  } finally {
    await log.stop(AbortSignal.timeout(5000))
  }
}

/** How far each process is, and what it said last. */
async function lastWords(services: readonly ServiceProcess[]): Promise<string> {
  const words = services.map(async ({ adminUrl, folder, stderrLines }) => {
    const text = await fetch(`${adminUrl}/metrics`).then(
      (answer) => answer.text(),
      (error: unknown) => `kubewitness_topic_lag_records cannot be asked for: ${messageOf(error)}`,
    )
    const lags = text.split('\n').filter((line) => line.startsWith('kubewitness_topic_lag_records'))
    return [folder, ...lags, ...stderrLines.slice(-20)].join('\n  ')
  })
  return (await Promise.all(words)).join('\n')
}
