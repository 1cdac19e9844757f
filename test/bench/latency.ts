import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { createBodyGenerator } from '../support/generate.ts'
import { builtScript, startService } from '../support/service-process.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { waitUntilRead } from '../support/until-read.ts'
import { benchSender } from './whole-path.ts'

export interface LatencyFigures {
  /** From the moment a body was due to its answer, in milliseconds, one a body. */
  readonly ackMs: readonly number[]
  /** From the moment a body was due to the call of the sink, one a planted event. */
  readonly alertMs: readonly number[]
  readonly bodies: number
  readonly planted: number
  /** Planted events whose alert reached the sink, also after a pause. */
  readonly delivered: number
  readonly peakBytes: number
}

export interface LatencyOptions {
  readonly senders: number
  readonly bodiesPerSecondEach: number
  readonly seconds: number
  /** Load before anything is measured, in which the compiler finds what is hot. */
  readonly warmUpSeconds: number
  /** The sink answers 503 until the load is over. */
  readonly isSinkDown?: boolean
}

/** Open loop: each sender posts a body of 400 events on its beat, whatever became of the last one. */
export async function measureLatency(options: LatencyOptions): Promise<LatencyFigures> {
  await using folder = await createTemporaryFolder('bench')
  const sink = await startSink(options.isSinkDown === true)
  const service = await startService({
    folder: folder.path,
    script: builtScript,
    config: {
      logLevel: 'error',
      sinks: [{ name: 'hook', type: 'webhook', url: `http://127.0.0.1:${sink.port}/` }],
    },
  })
  const senders = Array.from({ length: options.senders }, () => benchSender(service))
  const perSecond = options.senders * options.bodiesPerSecondEach
  const warmUp = Math.round(perSecond * options.warmUpSeconds)
  const total = Math.round(perSecond * options.seconds)
  const bodies = prepare(warmUp + total)
  await Promise.all(
    senders.map((sender) =>
      sender.send(Buffer.from('{"kind":"EventList","items":[]}'), AbortSignal.timeout(10_000)),
    ),
  )
  const dueMsByAuditId = new Map<string, number>()
  const ackMs: number[] = []
  globalThis.gc?.()
  const startMs = performance.now() + 500
  const gapMs = 1000 / perSecond
  await Promise.all(
    bodies.map(async (body, index) => {
      const dueMs = startMs + index * gapMs
      await wait(Math.max(0, dueMs - performance.now()))
      if (index >= warmUp) for (const auditID of body.planted) dueMsByAuditId.set(auditID, dueMs)
      const result = await senders[index % senders.length]?.send(
        body.bytes,
        AbortSignal.timeout(120_000),
      )
      if (result?.outcome !== 'accepted')
        throw new Error(`not accepted: ${JSON.stringify(result?.tries)}`)
      if (index >= warmUp) ackMs.push(performance.now() - dueMs)
    }),
  )
  sink.up()
  await waitUntilRead(service, ['detect', 'sink:hook'], 120_000)
  const { peakResidentBytes } = service.memory()
  await service.stop()
  sink.close()
  for (const sender of senders) sender.close()
  const alertMs = [...dueMsByAuditId].flatMap(([auditID, dueMs]) => {
    const atMs = sink.firstCallByAuditId.get(auditID)
    return atMs === undefined ? [] : [atMs - dueMs]
  })
  return {
    ackMs,
    alertMs,
    bodies: total,
    planted: dueMsByAuditId.size,
    delivered: alertMs.length,
    peakBytes: peakResidentBytes,
  }
}

interface PreparedBody {
  readonly bytes: Buffer
  /** Audit ids of the events that a rule has to find. */
  readonly planted: readonly string[]
}

/** Made before the clock starts, and without the texts of the items: a heap full of them would be collected while the clock runs. */
function prepare(total: number): PreparedBody[] {
  const generate = createBodyGenerator({ seed: 7 })
  return Array.from({ length: total }, (_, number) => {
    const { bytes, items } = generate(number)
    const planted = items.flatMap((item) => (item.planted === undefined ? [] : [item.auditID]))
    return { bytes, planted }
  })
}

/** A receiver of the webhook sink on loopback that notes when it was first told of an event. */
async function startSink(isDown: boolean): Promise<{
  readonly port: number
  readonly firstCallByAuditId: ReadonlyMap<string, number>
  up(): void
  close(): void
}> {
  const firstCallByAuditId = new Map<string, number>()
  let status = isDown ? 503 : 200
  const server = createServer((request, response) => {
    const atMs = performance.now()
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      response.writeHead(status).end()
      if (status !== 200) return
      for (const [, auditID] of Buffer.concat(chunks)
        .toString('utf8')
        .matchAll(/"auditID":"([^"]+)"/g)) {
        if (auditID !== undefined && !firstCallByAuditId.has(auditID))
          firstCallByAuditId.set(auditID, atMs)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server that listens has an address of this form.
  const { port } = server.address() as AddressInfo
  return {
    port,
    firstCallByAuditId,
    up: () => {
      status = 200
    },
    close: () => void server.close(),
  }
}
