import { cpus } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { pack } from '../../src/util/zstd.ts'
import { measureAppend } from './append.ts'
import { benchCorrelatePart } from './correlate.ts'
import { benchOrdinaryPart } from './correlate-ordinary.ts'
import { benchElasticsearchPart } from './elasticsearch.ts'
import { latencyText, print, quantile } from './figures.ts'
import { benchKafkaPart } from './kafka.ts'
import { measureLatency } from './latency.ts'
import { benchPathPart } from './path-part.ts'
import { benchPolicyPart } from './policy.ts'
import { benchRolesPart } from './roles.ts'
import { benchRsigma } from './rsigma.ts'
import { benchRulesPart } from './rules-part.ts'
import { benchScanPart } from './scan.ts'
import { benchScanProcess } from './scan-process.ts'
import { metadataWorkload } from './workload.ts'

// `npm run bench [-- path] [scan] [scan-process] [rules] [correlate] [ordinary] [rsigma] [policy] [roles] [append] [latency] [elasticsearch] [kafka]`: every figure is a ratio to something measured in the same run, on the same bytes.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '8' }, seconds: { type: 'string', default: '10' } },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const warmUpSeconds = 4
const mib = 1 << 20

print(`Node ${process.version}, ${cpus().length} cores of ${cpus()[0]?.model ?? 'unknown'}`)

const parts = {
  path: () => benchPathPart(rounds),
  scan: () => benchScanPart(rounds),
  'scan-process': () => benchScanProcess(Math.min(rounds, 4)),
  rules: () => benchRulesPart(rounds),
  correlate: () => benchCorrelatePart(rounds),
  ordinary: () => benchOrdinaryPart(rounds),
  policy: () => benchPolicyPart(rounds),
  roles: () => benchRolesPart(rounds),
  rsigma: () => benchRsigma(rounds),
  append: benchAppend,
  latency: benchLatency,
  elasticsearch: () => benchElasticsearchPart({ rounds, seconds, warmUpSeconds }),
  kafka: benchKafka,
}
const unknown = positionals.find((name) => !Object.hasOwn(parts, name))
if (unknown !== undefined)
  throw new Error(`no part ${unknown}; there are ${Object.keys(parts).join(', ')}`)
for (const [name, run] of Object.entries(parts)) {
  if (positionals.length === 0 || positionals.includes(name)) await run()
}

async function benchAppend(): Promise<void> {
  const raw = metadataWorkload().bodies
  const packed = await Promise.all(raw.map((body) => pack(body)))
  for (const [name, records] of [
    ['as stored (zstd)', packed.concat(packed, packed, packed)],
    ['raw', raw],
  ] as const) {
    const append = await measureAppend(records)
    print(
      `\nDurable append of batches of 400, ${name}: ${append.log.toFixed(0)}/s; bare SQLite insert ${append.bare.toFixed(0)}/s; ratio ${append.ratio.toFixed(2)}`,
    )
  }
}

async function benchKafka(): Promise<void> {
  const { bodies, events } = metadataWorkload()
  const packed = await Promise.all(bodies.map((body) => pack(body)))
  const records = Array.from({ length: 4000 }, (_, number) => packed[number % packed.length]!)
  await benchKafkaPart(records, events / bodies.length, Math.min(rounds, 5))
}

async function benchLatency(): Promise<void> {
  for (const bodiesPerSecondEach of [1, 2]) {
    const figures = await measureLatency({
      senders: 50,
      bodiesPerSecondEach,
      seconds,
      warmUpSeconds,
    })
    print(
      `\n50 senders × ${bodiesPerSecondEach} bodies of 400 events a second, open loop, ${figures.bodies} bodies`,
    )
    print(`  acknowledgement   ${latencyText(figures.ackMs)}`)
    print(
      `  arrival → sink    ${latencyText(figures.alertMs)} (${figures.delivered} of ${figures.planted} planted events)`,
    )
    print(`  peak memory       ${(figures.peakBytes / mib).toFixed(0)} MiB`)
  }

  const p99 = (list: readonly number[]): number =>
    quantile(
      list.toSorted((a, b) => a - b),
      0.99,
    )
  const undisturbed: number[] = []
  const disturbed: number[] = []
  let planted = 0
  let delivered = 0
  for (let round = 0; round < 3; round++) {
    undisturbed.push(
      ...(await measureLatency({ senders: 50, bodiesPerSecondEach: 1, seconds, warmUpSeconds }))
        .ackMs,
    )
    const down = await measureLatency({
      senders: 50,
      bodiesPerSecondEach: 1,
      seconds,
      warmUpSeconds,
      isSinkDown: true,
    })
    disturbed.push(...down.ackMs)
    planted += down.planted
    delivered += down.delivered
  }
  print(
    `\nA sink that is down for the whole run: acknowledgement p99 ${p99(disturbed).toFixed(1)} ms; undisturbed ${p99(undisturbed).toFixed(1)} ms; ratio ${(p99(disturbed) / p99(undisturbed)).toFixed(2)}`,
  )
  print(`  delivered when it came back: ${delivered} of ${planted} planted events`)
}
