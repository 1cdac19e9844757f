import type { Client } from '@elastic/elasticsearch'
import type { Alert, Outcome, Sink } from '../../contracts.ts'
import type { SinkDependencies } from '../common.ts'
import { forAll, isMisconfigured, refused, unavailable } from '../outcomes.ts'
import { withTimeout } from '../timeout.ts'
import { createWriteGate } from '../write-gate.ts'
import { createLazyClient } from './client.ts'
import type { ElasticsearchSinkConfig } from './config.ts'
import { alertDocument, aliasOf, indexOf } from './document.ts'
import { type BulkItem, isAlreadyThere, isTooLarge, itemOutcome, requestOutcome } from './faults.ts'
import { alertMapping } from './mapping.ts'

/** Months that are remembered as made; beyond it the memory starts anew, which costs one request a month. */
const maxRememberedIndices = 240

/**
 * One document per alert in a plain index per month, id = alert id, external version = revision: a repeat or an older
 * revision changes nothing. A data stream would take the same id again after a rollover.
 */
export function createElasticsearchSink(
  config: ElasticsearchSinkConfig,
  dependencies: SinkDependencies,
): Sink<Alert> {
  const { clock, logger } = dependencies
  const gate = createWriteGate<Alert>(config.name)
  const connection = createLazyClient(config, dependencies.readSecret)
  const knownIndices = new Set<string>()

  const request = <T>(signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    withTimeout(clock, config.timeoutMs, signal, run)

  const ensureIndex = async (client: Client, index: string, signal: AbortSignal): Promise<void> => {
    if (knownIndices.has(index)) return
    try {
      await request(signal, (bounded) =>
        client.indices.create(
          {
            index,
            mappings: alertMapping,
            settings: { auto_expand_replicas: '0-1' },
            aliases: { [aliasOf(config.namespace)]: {} },
          },
          { signal: bounded },
        ),
      )
    } catch (error) {
      if (!isAlreadyThere(error)) throw error
    }
    if (knownIndices.size >= maxRememberedIndices) knownIndices.clear()
    knownIndices.add(index)
  }

  const bulk = async (batch: readonly Alert[], signal: AbortSignal): Promise<Outcome[]> => {
    const client = await connection.get()
    const targets = batch.map((alert) => indexOf(alert, config.namespace))
    for (const index of new Set(targets)) await ensureIndex(client, index, signal)
    const operations = batch.flatMap((alert, i) => [
      actionLine(alert, targets[i]!),
      JSON.stringify(alertDocument(alert, clock.nowMs())),
    ])
    const answer = await request(signal, (bounded) =>
      client.bulk<string>(
        { operations, filter_path: 'items.*.status,items.*.error.type' },
        { signal: bounded },
      ),
    )
    const items: readonly { readonly index?: BulkItem }[] = answer.items ?? []
    if (items.length !== batch.length) {
      return forAll(batch, unavailable(`writing to sink ${config.name}: the answer is incomplete`))
    }
    return items.map(({ index: item }, i) => {
      if (item?.status === 404) knownIndices.delete(targets[i]!)
      return itemOutcome(config.name, item ?? { status: 500 })
    })
  }

  const send = async (batch: readonly Alert[], signal: AbortSignal): Promise<Outcome[]> => {
    try {
      return await bulk(batch, signal)
    } catch (error) {
      if (isTooLarge(error)) {
        if (batch.length === 1) return [refused(`writing to sink ${config.name}: too large`)]
        const middle = Math.ceil(batch.length / 2)
        const first = await send(batch.slice(0, middle), signal)
        return [...first, ...(await send(batch.slice(middle), signal))]
      }
      const outcome = requestOutcome(config.name, error, clock.nowMs())
      if (isMisconfigured(outcome)) await connection.discard()
      return forAll(batch, outcome)
    }
  }

  return {
    name: config.name,
    limits: { maxItems: 500, maxBytes: 5 * 1024 * 1024, lingerMs: 200 },
    start: async () => {
      await connection.get()
      if (config.archiveEvents) {
        logger.warn('The archive of events is not available yet; archiveEvents has no effect', {
          sink: config.name,
        })
      }
    },
    write: (batch, signal) => gate.run(batch, signal, (gateSignal) => send(batch, gateSignal)),
    stop: async (deadline) => {
      await gate.stop(deadline)
      await connection.discard()
    },
  }
}

function actionLine(alert: Alert, index: string): string {
  const { id, revision } = alert
  return JSON.stringify({
    index: { _index: index, _id: id, version: revision, version_type: 'external' },
  })
}
