import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { Writable } from 'node:stream'
import { createApp } from '../../src/app/app.ts'
import { parseConfig } from '../../src/config/load.ts'
import type { Alert } from '../../src/contracts.ts'
import { messageOf } from '../../src/errors.ts'
import { systemClock } from '../../src/util/clock.ts'
import { createLogger } from '../../src/util/logger.ts'
import { freePort } from './free-port.ts'
import { recordedAttackBodies } from './recorded-attacks.ts'
import { readWebhookBodies } from './recordings.ts'
import { createSender } from './sender.ts'
import { createTemporaryFolder } from './temporary-folder.ts'
import { waitUntilRead } from './until-read.ts'

/**
 * The service on an empty store in a temporary folder, and a sender that posts recorded traffic of a real API server
 * to its webhook as that API server would. Alerts are shown as they arrive; then it stays up to be looked at.
 */
const shownPerRule = 2

const folder = await createTemporaryFolder('demo')
const dataDirectory = folder.path
const webhookPort = await freePort()
const adminPort = await freePort()
const adminUrl = `http://127.0.0.1:${adminPort}`
const config = parseConfig(
  JSON.stringify({
    dataDirectory,
    webhook: { listen: `127.0.0.1:${webhookPort}`, clusters: [{ name: 'demo' }] },
    admin: { listen: `127.0.0.1:${adminPort}` },
    rules: { minimumLevel: 'low' },
    sinks: [
      { name: 'console', type: 'stdout' },
      { name: 'file', type: 'file', path: join(dataDirectory, 'alerts.jsonl') },
    ],
    logLevel: 'error',
  }),
  'demo',
  dataDirectory,
)

/** Ids of the alerts of each rule: an alert comes again when there is more of it. */
const alertsByRule = new Map<string, Set<string>>()
const app = createApp({
  config,
  clock: systemClock,
  logger: createLogger('error'),
  random: Math.random,
  fetch,
  stdout: new Writable({
    decodeStrings: false,
    write: (chunk: Buffer | string, _encoding, done) => {
      showAlerts(String(chunk))
      done()
    },
  }),
  onFatal: (error) => {
    say(`The service failed: ${messageOf(error)}`)
    process.exitCode = 3
  },
})
await app.start()
process.on('SIGINT', stop)
process.on('SIGTERM', stop)

say(`Kubewitness is up with an empty store in ${dataDirectory}`)
const bodies = [...readWebhookBodies().map((body) => body.bytes), ...recordedAttackBodies()]
say(
  `Posting ${bodies.length} recorded request bodies of a Kubernetes 1.36 API server to https://127.0.0.1:${webhookPort}/audit/demo\n`,
)
const sender = createSender({
  url: `https://127.0.0.1:${webhookPort}/audit/demo`,
  token: readFileSync(join(dataDirectory, 'tokens', 'demo'), 'utf8').trim(),
  ca: readFileSync(app.webhook?.caFile ?? '', 'utf8'),
  protocol: 'h2',
  random: Math.random,
})
const startedAtMs = Date.now()
let accepted = 0
for (const bytes of bodies) {
  const result = await sender.send(bytes, AbortSignal.timeout(60_000))
  if (result.outcome === 'accepted') accepted += 1
  else say(`A body was not taken: ${JSON.stringify(result.tries)}`)
}
say(
  `\n${accepted} of ${bodies.length} bodies acknowledged in ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s, every event durable before its answer.`,
)
await waitUntilRead({ adminUrl }, ['detect', 'sink:console', 'sink:file'])
say(summary())
await sender.close()

function showAlerts(text: string): void {
  for (const line of text.split('\n')) {
    if (line === '') continue
    // The stdout sink writes one alert of the interface contract a line.
    const alert = JSON.parse(line) as Alert
    const known = alertsByRule.get(alert.rule.title) ?? new Set()
    alertsByRule.set(alert.rule.title, known)
    if (known.has(alert.id)) continue
    known.add(alert.id)
    if (known.size <= shownPerRule)
      say(`${alert.rule.level.padEnd(8)} ${alert.firstSeen.slice(11, 19)}  ${alert.summary}`)
  }
}

function summary(): string {
  const rows = [...alertsByRule]
    .map(([title, ids]) => [title, ids.size] as const)
    .toSorted((a, b) => b[1] - a[1])
    .map(([title, count]) => `  ${String(count).padStart(5)}  ${title}`)
  const places = [
    [`${adminUrl}/`, 'state of the service, newest alerts'],
    [`${adminUrl}/api/v1/alerts?level=high,critical`, 'alerts as JSON'],
    [`${adminUrl}/metrics`, 'metrics'],
    [join(dataDirectory, 'alerts.jsonl'), 'what the file sink has written'],
    ['docs/connect.md', 'how to point an API server here'],
  ] as const
  const width = Math.max(...places.map(([place]) => place.length))
  return [
    '',
    `Alerts by rule (the first ${shownPerRule} of each are shown above):`,
    ...rows,
    '',
    'Where to look next',
    ...places.map(([place, what]) => `  ${place.padEnd(width)}  ${what}`),
    '',
    'Ctrl-C ends it and takes the folder away.',
  ].join('\n')
}

async function stop(): Promise<void> {
  await app.stop(AbortSignal.timeout(5000))
  await folder.remove()
  process.exit()
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
