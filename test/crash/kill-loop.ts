import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseConfig } from '../../src/config/load.ts'
import type { Alert } from '../../src/contracts.ts'
import type { PlantedKind } from '../support/bodies.ts'
import { createBodyGenerator, type GeneratedBody } from '../support/generate.ts'
import { createOracle, type StoredEvent, type Verdict } from '../support/oracle.ts'
import { createRandom } from '../support/random.ts'
import { createSender, type Sender } from '../support/sender.ts'
import { choosePorts, type ServiceProcess, startService } from '../support/service-process.ts'
import { exportTopic } from '../support/stored.ts'
import { waitUntilRead } from '../support/until-read.ts'
import { judgeWindows, type WindowsVerdict, windowRules, withWindows } from './windows.ts'

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
  const load = startLoad({ folder, port: ports.webhook, senders, seed })
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
    stored: storedEvents(await exportTopic(folder, 'events')),
    // One event may be evidence of several alerts of a correlation; those are judged below.
    alerts: alerts.filter(({ rule }) => !rule.name.startsWith('window_')),
    rules: rulesByKind,
  })
  const configText = readFileSync(join(folder, 'kubewitness.yml'), 'utf8')
  const windows = await judgeWindows(parseConfig(configText, 'kubewitness.yml', folder), alerts)
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

function* storedEvents(events: Iterable<unknown>): Generator<StoredEvent> {
  // The export prints audit events that the generator made: both fields are there.
  for (const event of events as Iterable<{ auditID: string; stage: string }>)
    yield { ...event, cluster: 'default' }
}

interface Load {
  readonly oracle: ReturnType<typeof createOracle>
  counts(): { readonly bodiesAcknowledged: number; readonly bodiesDropped: number }
  stop(): Promise<void>
}

/** Bodies are a tenth of a second of event time apart; those that are sent, two seconds. */
const bodyStep = 21
/** How far behind all others the events of the last body are: by then every alert is over. */
const closingMs = 40 * 60_000

/** Several senders that post body after body and behave as an API server does when the service is gone. */
function startLoad(options: {
  readonly folder: string
  readonly port: number
  readonly senders: number
  readonly seed: number
}): Load {
  const { folder, port, seed } = options
  const oracle = createOracle()
  const startMs = Date.UTC(2026, 0, 1)
  const generate = createBodyGenerator({ seed, events: 100, startMs })
  const generateLast = createBodyGenerator({ seed, events: 10, startMs: startMs + closingMs })
  const stopping = new AbortController()
  let number = 0
  let bodiesAcknowledged = 0
  let bodiesDropped = 0
  const openSender = (index: number): Sender =>
    createSender({
      url: `https://127.0.0.1:${port}/audit/default`,
      token: readFileSync(join(folder, 'data', 'tokens', 'default'), 'utf8').trim(),
      ca: readFileSync(join(folder, 'data', 'tls', 'ca.crt'), 'utf8'),
      protocol: index % 2 === 0 ? 'h2' : 'h1',
      random: createRandom(seed, index),
      timeScale: 0.02,
      loseAnswers: 0.02,
    })
  const send = async (sender: Sender, body: GeneratedBody): Promise<void> => {
    oracle.issue('default', body.items)
    // A body under way is seen through, also after the end of the load.
    const result = await sender.send(body.bytes, AbortSignal.timeout(60_000))
    if (result.acknowledged) oracle.acknowledge('default', body.items)
    if (result.outcome === 'accepted') bodiesAcknowledged += 1
    else bodiesDropped += 1
  }
  const run = async (sender: Sender): Promise<void> => {
    while (!stopping.signal.aborted)
      await send(sender, withWindows(generate(bodyStep * number++), seed))
    sender.close()
  }
  const senders = Array.from({ length: options.senders }, (_, index) => run(openSender(index)))
  return {
    oracle,
    counts: () => ({ bodiesAcknowledged, bodiesDropped }),
    stop: async () => {
      stopping.abort()
      await Promise.all(senders)
      const last = openSender(options.senders)
      await send(last, generateLast(bodyStep * number))
      last.close()
    },
  }
}
