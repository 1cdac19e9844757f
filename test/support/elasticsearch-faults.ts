import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { openBatch } from '../../src/app/stored-batch.ts'
import { decodeItem, toAuditEvent } from '../../src/audit/event.ts'
import { allDocuments, ask, countOf } from './ask-elasticsearch.ts'
import { eventListBody } from './bodies.ts'
import { createFaultProxy } from './fault-proxy.ts'
import { createBodyGenerator } from './generate.ts'
import { type RunningApp, startApp } from './running-app.ts'
import type { TestedProduct } from './search-products.ts'
import { startOwnServer } from './servers.ts'
import { waitUntilRead } from './until-read.ts'

export interface FaultFigures {
  readonly sentEvents: number
  /** Distinct ids in the stream, and documents; the same unless an event is there twice. */
  readonly archivedEvents: number
  readonly archivedDocuments: number
  readonly missingEvents: number
  readonly unknownEvents: number
  readonly refusedEvents: number
  readonly alerts: number
  readonly missingAlerts: number
  /** Alerts whose newest revision is not the one there. */
  readonly staleAlerts: number
  readonly alertDocuments: number
  /** Writes that had to be repeated, by sink. */
  readonly retries: Readonly<Record<string, number>>
  readonly seconds: number
}

/**
 * Posts bodies of 400 events to a service that writes all of them, and its alerts, to a small server of its own, which refuses
 * what is too much at a time. In the first third the server is killed by signal 9, and comes back; in the second its
 * socket hangs; one event is of a kind that its mapping refuses. Undefined where no such server can be had.
 */
export async function runFaults(
  product: TestedProduct,
  options: { readonly bodies: number; readonly downMs: number },
): Promise<FaultFigures | undefined> {
  const server = await startOwnServer(product.server, {
    'thread_pool.write.size': '1',
    'thread_pool.write.queue_size': '1',
    'indexing_pressure.memory.limit': '3mb',
  })
  if (server === undefined) return undefined
  const proxy = await createFaultProxy({ targetPort: Number(new URL(server.address).port) })
  const namespace = `t${randomBytes(6).toString('hex')}`
  try {
    await refuseServicesOfAType(server.address)
    await using service = await startApp({
      sinks: [
        {
          name: 'search',
          type: product.type,
          nodes: [`http://127.0.0.1:${proxy.port}`],
          namespace,
          archiveEvents: true,
          timeoutMs: 10_000,
        },
      ],
    })
    const startedMs = performance.now()
    const faults: Promise<void>[] = []
    const generate = createBodyGenerator({ seed: 9 })
    const third = Math.floor(options.bodies / 3)
    await service.post(eventListBody([refusedEvent]))
    for (let number = 0; number < options.bodies; number++) {
      if (number === third) {
        await server.kill9()
        faults.push(wait(options.downMs).then(() => server.restart()))
      }
      if (number === 2 * third) {
        await proxy.setFault({ kind: 'black-hole' })
        faults.push(wait(options.downMs).then(() => proxy.setFault({ kind: 'none' })))
      }
      await service.post(generate(number).bytes)
    }
    await Promise.all(faults)
    await waitUntilRead(service, ['detect', 'sink:search', 'archive:search'], 400_000)
    const seconds = (performance.now() - startedMs) / 1000
    const stream = `logs-kubernetes.audit_logs-${namespace}`
    const archived = await allDocuments(server.address, stream)
    const stored = await storedIds(service)
    const alerts = new Map((await service.alerts()).map(({ id, revision }) => [id, revision]))
    const alias = `kubewitness-alerts-${namespace}`
    const alertDocuments = await allDocuments(server.address, alias)
    const versions = new Map(alertDocuments.map(({ id, version }) => [id, version]))
    const ids = new Set(archived.map(({ id }) => id))
    const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text()
    const letters = await service.app.log.browse('dead-letter', { order: 'oldest', limit: 1000 })
    const text = (value: Uint8Array): string => Buffer.from(value).toString('utf8')
    return {
      sentEvents: stored.size,
      archivedEvents: ids.size,
      archivedDocuments: await countOf(server.address, stream),
      missingEvents: stored.difference(ids).size,
      unknownEvents: ids.difference(stored).size,
      refusedEvents: letters.filter(({ value }) => text(value).includes('"sink":"search/events"'))
        .length,
      alerts: alerts.size,
      missingAlerts: [...alerts.keys()].filter((id) => !versions.has(id)).length,
      staleAlerts: [...alerts].filter(([id, revision]) => versions.get(id) !== revision).length,
      alertDocuments: await countOf(server.address, alias),
      retries: Object.fromEntries(
        [...metrics.matchAll(/^kubewitness_sink_retries_total\{sink="([^"]+)"\} (\d+)/gm)].map(
          ([, sink, count]) => [sink, Number(count)],
        ),
      ),
      seconds,
    }
  } finally {
    await proxy.close()
    await server.stop()
  }
}

/** A Service of a type, which the templates of `refuseServicesOfAType` have no room for. */
const refusedEvent = JSON.stringify({
  level: 'Request',
  auditID: 'refused-by-the-mapping',
  stage: 'ResponseComplete',
  verb: 'create',
  user: { username: 'alice@example.com' },
  objectRef: { resource: 'services', namespace: 'shop', name: 'web' },
  requestObject: { spec: { type: 'NodePort' } },
})

/** As a user might by mistake, in the template that is theirs. */
async function refuseServicesOfAType(address: string): Promise<void> {
  const leaf = { type: { type: 'integer' } }
  const under = (inner: object, key: string): object => ({ [key]: { properties: inner } })
  const properties = ['spec', 'requestObject', 'audit', 'kubernetes'].reduce(under, leaf)
  await ask(address, 'PUT', '_component_template/kubewitness-events@custom', {
    template: { mappings: { properties } },
  })
}

/** Ids of the events in the store. */
async function storedIds({ app }: RunningApp): Promise<Set<string>> {
  const ids = new Set<string>()
  for (const record of await app.log.browse('events', { order: 'oldest', limit: 100_000 })) {
    const batch = openBatch(record)
    for (let item = 0; item < batch.index.count; item++)
      ids.add(toAuditEvent(decodeItem(batch, item), batch).id)
  }
  return ids
}
