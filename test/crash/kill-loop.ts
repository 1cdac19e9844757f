import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseConfig } from '../../src/config/load.ts'
import type { Alert } from '../../src/contracts.ts'
import { openSqliteReader } from '../../src/log/sqlite.ts'
import type { PlantedKind } from '../support/bodies.ts'
import type { Verdict } from '../support/oracle.ts'
import { createRandom } from '../support/random.ts'
import { choosePorts, type ServiceProcess, startService } from '../support/service-process.ts'
import { exportTopic } from '../support/stored.ts'
import { waitUntilRead } from '../support/until-read.ts'
import { startLoad } from './load.ts'
import { judgeWindows, type WindowsVerdict, windowRules } from './windows.ts'

export interface KillLoopOptions {
  readonly folder: string
  readonly kills: number
  readonly seed: number
  readonly senders?: number
  readonly onKill?: (number: number, afterMs: number, readyMs: number) => void
}

export interface KillLoopResult {
  readonly verdict: Verdict
  /** What became of windows that were half full. */
  readonly windows: WindowsVerdict
  readonly kills: number
  readonly bodiesAcknowledged: number
  readonly bodiesDropped: number
  /** Longest time from the start of the process to /readyz. */
  readonly slowestReadyMs: number
  /** Lines of the file sink beyond one an alert: a sink is written to at least once. */
  readonly sinkRepeats: number
}

/** The rules that have to find what the generator plants. */
const rulesByKind: Partial<Record<PlantedKind, readonly string[]>> = {}

/**
 * Starts the service, posts to it without pause, kills it with signal 9 at seeded instants and starts it again, and
 * judges at the end what is in the store against what was acknowledged.
 */
export async function runKillLoop(options: KillLoopOptions): Promise<KillLoopResult> {
  const { folder, kills, seed, senders = 3 } = options
  const random = createRandom(seed)
  const ports = await choosePorts()
  const config = {
    rules: { minimumLevel: 'low', paths: [join(folder, 'windows.yml')] },
    // Every event is looked for in the list of an alert. Time flies in the bodies: alerts come and go.
    episodes: { maxEvents: 100_000, quietMinutes: 0.5, latenessMinutes: 0.5 },
    sinks: [{ name: 'file', type: 'file', path: join(folder, 'alerts.jsonl') }],
    logLevel: 'error',
  }
  writeFileSync(join(folder, 'windows.yml'), windowRules)
  const start = (): Promise<ServiceProcess> =>
    startService({ folder, ports, config, readyTimeoutMs: 60_000 })
  let service = await start()
  let slowestReadyMs = service.readyMs
  const load = startLoad({
    folder,
    port: ports.webhook,
    senders: Array.from({ length: senders }, () => 'default'),
    seed,
  })
  for (let number = 1; number <= kills; number++) {
    const afterMs = 20 + random() * 600
    await wait(afterMs)
    await service.kill9()
    service = await start()
    slowestReadyMs = Math.max(slowestReadyMs, service.readyMs)
    options.onKill?.(number, afterMs, service.readyMs)
  }
  await load.stop()
  await waitUntilRead(service, ['detect'])
  await waitUntilRead(service, ['sink:file'])
  await service.stop()
  const alerts = (await exportTopic(folder, 'alerts')) as Alert[]
  const verdict = load.oracle.judge({
    stored: load.storedEvents(await exportTopic(folder, 'events')),
    alerts,
    rules: rulesByKind,
  })
  const configText = readFileSync(join(folder, 'kubewitness.yml'), 'utf8')
  const parsed = parseConfig(configText, 'kubewitness.yml', folder)
  const reader = openSqliteReader({ directory: parsed.dataDirectory })
  const windows = await judgeWindows(parsed, reader, alerts)
  reader.close()
  const sinkLines = readFileSync(join(folder, 'alerts.jsonl'), 'utf8').split('\n').length - 1
  return {
    verdict,
    windows,
    kills,
    ...load.counts(),
    slowestReadyMs,
    sinkRepeats: sinkLines - alerts.length,
  }
}
