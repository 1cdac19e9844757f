import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeItem, toAuditEvent } from '../../src/audit/event.ts'
import { createBodySplitter } from '../../src/audit/split.ts'
import { eventDocument } from '../../src/sinks/elasticsearch/event-document.ts'
import { leastCpuUs } from './cpu.ts'
import { latencyText, print, quantile } from './figures.ts'
import { measureJsonParse } from './json-parse.ts'
import { measureLatency } from './latency.ts'
import { bodiesWorkload, metadataWorkload, type Workload } from './workload.ts'

export interface ElasticsearchBenchOptions {
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
}

/** How the other side of the archive behaves; `absent` = there is no such sink. */
const behaviours = ['absent', 'takes all', 'is slow', 'hangs', 'refuses (429)', 'is down'] as const
type Behaviour = (typeof behaviours)[number]

/** What a document costs, and what the acknowledgement of the webhook feels of an archive whose Elasticsearch fails for the whole run. */
export async function benchElasticsearchPart(options: ElasticsearchBenchOptions): Promise<void> {
  for (const workload of [metadataWorkload(), bodiesWorkload()]) await benchDocuments(workload)
  const ackMs = new Map<Behaviour, number[]>(behaviours.map((one) => [one, []]))
  for (let round = 0; round < options.rounds; round++)
    for (const behaviour of behaviours)
      ackMs.get(behaviour)?.push(...(await measureBeside(behaviour, options)))
  print('\nAcknowledgement with an archive in Elasticsearch that')
  const p99 = (behaviour: Behaviour): number =>
    quantile(
      (ackMs.get(behaviour) ?? []).toSorted((a, b) => a - b),
      0.99,
    )
  for (const [behaviour, list] of ackMs)
    print(
      `  ${behaviour.padEnd(14)} ${latencyText(list)}; p99 ÷ that without ${(p99(behaviour) / p99('absent')).toFixed(2)}`,
    )
}

async function benchDocuments(workload: Workload): Promise<void> {
  const split = createBodySplitter()
  const { events } = workload
  const parseUs = measureJsonParse(workload)
  let bytes = 0
  const usedUs = await leastCpuUs(() => {
    bytes = 0
    for (const body of workload.bodies) {
      const { bytes: itemBytes, items } = split(body)
      const batch = { cluster: 'prod', sender: '', receivedAtMs: 0, bytes: itemBytes, index: items }
      for (let item = 0; item < items.count; item++) {
        const event = toAuditEvent(decodeItem(batch, item), batch)
        bytes += JSON.stringify(eventDocument(event, 'default')).length
      }
    }
  }, 5)
  print(
    `\n${workload.name}: split, decode and document ${(usedUs / events).toFixed(2)} µs CPU an event, ${(usedUs / events / parseUs).toFixed(2)} of JSON.parse; a document has ${(bytes / events).toFixed(0)} bytes, an event ${(workload.bytes / events).toFixed(0)}`,
  )
}

async function measureBeside(
  behaviour: Behaviour,
  { seconds, warmUpSeconds }: ElasticsearchBenchOptions,
): Promise<readonly number[]> {
  const server = await startStandIn(behaviour)
  // A TCP server that listens has an address of this form.
  const { port } = server.address() as AddressInfo
  if (behaviour === 'is down') await closed(server)
  const archive = {
    name: 'search',
    type: 'elasticsearch',
    nodes: [`http://127.0.0.1:${port}`],
    archiveEvents: true,
  }
  try {
    const { ackMs } = await measureLatency({
      senders: 20,
      bodiesPerSecondEach: 1,
      seconds,
      warmUpSeconds,
      moreSinks: behaviour === 'absent' ? [] : [archive],
    })
    return ackMs
  } finally {
    await closed(server)
  }
}

const slowMs = 2000

/** Enough of Elasticsearch to write to: a real one beside the service would take the processor that is measured. */
async function startStandIn(behaviour: Behaviour): Promise<Server> {
  const server = createServer((request, response) => {
    let lines = 0
    request.on('data', (chunk: Buffer) => {
      for (const byte of chunk) if (byte === 0x0a) lines++
    })
    request.on('end', () => {
      if (behaviour === 'hangs') return
      response.setHeader('x-elastic-product', 'Elasticsearch')
      response.setHeader('content-type', 'application/json')
      if (behaviour === 'refuses (429)') response.writeHead(429).end('{}')
      else if (request.method === 'GET') response.writeHead(404).end('{}')
      else {
        const text = JSON.stringify({
          items: new Array(lines / 2).fill({ create: { status: 201 } }),
        })
        setTimeout(() => response.end(text), behaviour === 'is slow' ? slowMs : 0)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}
