import { setTimeout as wait } from 'node:timers/promises'
import { decodeItem, toAuditEvent } from '../../src/audit/event.ts'
import { createBodySplitter } from '../../src/audit/split.ts'
import { eventDocument } from '../../src/sinks/elasticsearch/event-document.ts'
import { createBodyGenerator } from '../support/generate.ts'
import { mainThreadCpuMs } from '../support/main-thread-cpu.ts'
import { builtScript, startService } from '../support/service-process.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { leastCpuUs } from './cpu.ts'
import { latencyText, print, quantile } from './figures.ts'
import { measureJsonParse } from './json-parse.ts'
import { answers, startStandIn } from './search-stand-in.ts'
import { benchSender } from './whole-path.ts'
import { bodiesWorkload, metadataWorkload, type Workload } from './workload.ts'

export interface ElasticsearchBenchOptions {
  readonly rounds: number
  /** Of load on each service, in each round. */
  readonly seconds: number
  readonly warmUpSeconds: number
}

/** How the other side of the archive behaves; `absent` = there is no such sink. */
const behaviours = ['absent', ...answers, 'is down'] as const
type Behaviour = (typeof behaviours)[number]

const eventsPerBody = 40
/** A p99 needs some thousands of them. */
const bodiesPerSecond = 50
/** Short, so that whatever else the machine does falls on all of them. */
const sliceSeconds = 2

/** What a document costs, and what the acknowledgement of the webhook feels of an archive whose Elasticsearch fails for the whole run. */
export async function benchElasticsearchPart(options: ElasticsearchBenchOptions): Promise<void> {
  for (const workload of [metadataWorkload(), bodiesWorkload()]) await benchDocuments(workload)
  const loads: Load[] = []
  for (const behaviour of behaviours) {
    const load = await openLoad(behaviour)
    await load.run(options.warmUpSeconds)
    loads.push(load)
  }
  const slices = Math.ceil((options.rounds * options.seconds) / sliceSeconds)
  const ackMs = new Map<Behaviour, (readonly number[])[]>(behaviours.map((one) => [one, []]))
  const before = new Map(loads.map((load) => [load.behaviour, load.receivingCpuMs()]))
  for (let slice = 0; slice < slices; slice++)
    for (let place = 0; place < loads.length; place++) {
      // Each has each of the others before it in turn.
      const load = loads[(place + slice) % loads.length]!
      ackMs.get(load.behaviour)?.push(await load.run(sliceSeconds))
    }
  const cpuMs = new Map(
    loads.map((load) => [
      load.behaviour,
      load.receivingCpuMs() - (before.get(load.behaviour) ?? 0),
    ]),
  )
  for (const load of loads) await load.close()
  print(
    `\n${bodiesPerSecond} bodies of ${eventsPerBody} events a second, open loop, ${slices} slices of ${sliceSeconds} s each in turns: acknowledgement beside an archive in Elasticsearch that`,
  )
  const undisturbed = ['absent', 'takes all'] as const
  for (const [behaviour, list] of ackMs) {
    const cpu = cpuMs.get(behaviour) ?? Number.NaN
    const ratios = undisturbed.map((one) => {
      const other = ackMs.get(one) ?? []
      const all = p99(list.flat()) / p99(other.flat())
      const quiet = quietP99(list) / quietP99(other)
      return `÷ that where it ${one === 'absent' ? 'is absent' : one} ${all.toFixed(2)} (of the quieter slices ${quiet.toFixed(2)})`
    })
    print(
      `  ${behaviour.padEnd(14)} ${latencyText(list.flat())}; p99 ${ratios.join(', ')}; receiving thread ${(cpu / (slices * sliceSeconds * bodiesPerSecond)).toFixed(2)} ms CPU a body, ÷ that without ${(cpu / (cpuMs.get('absent') ?? Number.NaN)).toFixed(2)}`,
    )
  }
}

function p99(list: readonly number[]): number {
  return quantile(
    list.toSorted((a, b) => a - b),
    0.99,
  )
}

/** A quarter of the slices has a lower one: what other work on the machine does for a second or two is in the others. */
function quietP99(slices: readonly (readonly number[])[]): number {
  const all = slices.map(p99)
  return quantile(
    all.toSorted((a, b) => a - b),
    0.25,
  )
}

/** A service of its own, which is sent bodies on a beat. */
interface Load {
  readonly behaviour: Behaviour
  /** From the moment each body was due to its answer, in milliseconds. */
  run(seconds: number): Promise<readonly number[]>
  /** Of the thread that receives, and delivers alerts. */
  receivingCpuMs(): number
  close(): Promise<void>
}

async function openLoad(behaviour: Behaviour): Promise<Load> {
  const folder = await createTemporaryFolder('bench')
  const standIn = await startStandIn(answers.find((answer) => answer === behaviour) ?? 'takes all')
  if (behaviour === 'is down') await standIn.close()
  const archive = {
    name: 'search',
    type: 'elasticsearch',
    nodes: [`http://127.0.0.1:${standIn.port}`],
    archiveEvents: true,
  }
  const service = await startService({
    folder: folder.path,
    script: builtScript,
    readyTimeoutMs: 120_000,
    config: { logLevel: 'error', sinks: behaviour === 'absent' ? [] : [archive] },
  })
  const senders = Array.from({ length: bodiesPerSecond }, () => benchSender(service))
  const generate = createBodyGenerator({ seed: 7, events: eventsPerBody })
  let made = 0
  return {
    behaviour,
    run: async (seconds) => {
      const bodies = Array.from({ length: seconds * bodiesPerSecond }, () => generate(made++).bytes)
      const startMs = performance.now() + 200
      return Promise.all(
        bodies.map(async (body, index) => {
          const dueMs = startMs + (index * 1000) / bodiesPerSecond
          await wait(Math.max(0, dueMs - performance.now()))
          const result = await senders[index % senders.length]!.send(
            body,
            AbortSignal.timeout(120_000),
          )
          if (result.outcome !== 'accepted')
            throw new Error(`not accepted: ${JSON.stringify(result.tries)}`)
          return performance.now() - dueMs
        }),
      )
    },
    receivingCpuMs: () => mainThreadCpuMs(service.pid),
    close: async () => {
      for (const sender of senders) sender.close()
      await service.kill9()
      await standIn.close()
      await folder.remove()
    },
  }
}

async function benchDocuments(workload: Workload): Promise<void> {
  const split = createBodySplitter()
  const { events } = workload
  const parseUs = measureJsonParse(workload)
  const context = { namespace: 'default', maxFlatTextLength: Number.POSITIVE_INFINITY }
  let bytes = 0
  const usedUs = await leastCpuUs(() => {
    bytes = 0
    for (const body of workload.bodies) {
      const { bytes: itemBytes, items } = split(body)
      const batch = { cluster: 'prod', sender: '', receivedAtMs: 0, bytes: itemBytes, index: items }
      for (let item = 0; item < items.count; item++) {
        const event = toAuditEvent(decodeItem(batch, item), batch)
        bytes += JSON.stringify(eventDocument(event, context)).length
      }
    }
  }, 5)
  print(
    `\n${workload.name}: split, decode and document ${(usedUs / events).toFixed(2)} µs CPU an event, ${(usedUs / events / parseUs).toFixed(2)} of JSON.parse; a document has ${(bytes / events).toFixed(0)} bytes, an event ${(workload.bytes / events).toFixed(0)}`,
  )
}
