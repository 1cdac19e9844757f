import type { Alert, AuditEvent, Sink, SinkLimits } from '../../contracts.ts'
import type { SinkDependencies } from '../common.ts'
import { createWriteGate } from '../write-gate.ts'
import { type BulkOperation, createBulkWriter } from './bulk.ts'
import { createLazyClient } from './client.ts'
import { alertDocument } from './document.ts'
import { eventDocument } from './event-document.ts'
import { indexOf, streamOf } from './names.ts'
import type { SearchProduct } from './product.ts'
import { productOf, type SearchSinkConfig } from './products.ts'
import { ensureTemplates } from './setup.ts'
import { alertTemplates, eventTemplates, type Template } from './templates.ts'

const mib = 1024 * 1024

/**
 * One document per alert in a plain index per month, id = alert id, external version = revision: a repeat or an older
 * revision changes nothing. A data stream would take the same id again after a rollover.
 */
export function createSearchSink(
  config: SearchSinkConfig,
  dependencies: SinkDependencies,
): Sink<Alert> {
  const product = productOf(config)
  return createDocumentSink(config, dependencies, {
    product,
    name: config.name,
    limits: { maxItems: 500, maxBytes: 5 * mib, lingerMs: 500 },
    maxRequests: 1,
    templates: alertTemplates(config, product.dialect),
    operationOf: (alert: Alert) => {
      const { id, revision: version } = alert
      const index = indexOf(alert, config.namespace)
      return {
        index,
        action: JSON.stringify({
          index: { _index: index, _id: id, version, version_type: 'external' },
        }),
        document: JSON.stringify(alertDocument(alert, dependencies.clock.nowMs())),
      }
    },
  })
}

/** One document per event in a data stream, id = event id: a repeat is a conflict, which is as good as delivered, until the stream has rolled over. */
export function createSearchArchive(
  config: SearchSinkConfig,
  dependencies: SinkDependencies,
): Sink<AuditEvent> {
  const index = streamOf(config.namespace)
  const product = productOf(config)
  const context = { namespace: config.namespace, ...product.dialect }
  return createDocumentSink(config, dependencies, {
    product,
    name: `${config.name} (events)`,
    limits: { maxItems: 2000, maxBytes: 5 * mib, lingerMs: 1000 },
    maxRequests: config.archive.maxRequests,
    templates: eventTemplates(config, product.dialect),
    operationOf: (event: AuditEvent) => ({
      index,
      action: JSON.stringify({ create: { _index: index, _id: event.id } }),
      document: JSON.stringify(eventDocument(event, context)),
    }),
  })
}

interface DocumentSinkOptions<T> {
  readonly product: SearchProduct
  readonly name: string
  readonly limits: SinkLimits
  readonly maxRequests: number
  readonly templates: readonly Template[]
  readonly operationOf: (item: T) => BulkOperation
}

function createDocumentSink<T>(
  config: SearchSinkConfig,
  { clock, readSecret }: SinkDependencies,
  { product, name, limits, maxRequests, templates, operationOf }: DocumentSinkOptions<T>,
): Sink<T> {
  const gate = createWriteGate<T>(config.name)
  const connection = createLazyClient(product, readSecret)
  const writer = createBulkWriter({
    sinkName: config.name,
    connection,
    words: product.words,
    clock,
    timeoutMs: config.timeoutMs,
    limits: { ...limits, maxRequests },
    operationOf,
    prepare: (client, signal) => ensureTemplates(client, config, templates, signal),
  })
  return {
    name,
    limits,
    start: () => product.read(readSecret),
    write: (batch, signal) =>
      gate.run(batch, signal, (gateSignal) => writer.write(batch, gateSignal)),
    stop: async (deadline) => {
      await gate.stop(deadline)
      await connection.discard()
    },
  }
}
