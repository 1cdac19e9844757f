import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import kafkajs from 'kafkajs'
import { describe, expect, inject, it } from 'vitest'
import type { TopicOptions } from '../../../src/contracts.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { mendRequestQueue } from '../../../src/util/kafka/request-queue.ts'
import { silentLogger } from '../../../src/util/logger.ts'
import { kafkaLog, newPrefix } from '../../support/kafka-log.ts'

const broker = inject('kafka') ?? ''
const never = new AbortController().signal
const keepAll = { maxAgeMs: 1e12, maxBytes: 1e12, protectedGroups: [] }
const topics: Readonly<Record<string, TopicOptions>> = { events: { ...keepAll, uniqueKeys: true } }

async function withAdmin<T>(action: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
  const client = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING })
  const admin = client.admin()
  await admin.connect()
  try {
    return await action(admin)
  } finally {
    await admin.disconnect()
  }
}

describe('the request queue of kafkajs', () => {
  it('is not looked at while nothing waits, and is while something does', () => {
    const queueClass = createRequire(import.meta.url)('kafkajs/src/network/requestQueue')
    mendRequestQueue(queueClass)
    const logger = { debug: () => undefined, warn: () => undefined }
    const queue = new queueClass({ clientId: 'test', broker, logger, requestTimeout: 1000 })
    queue.checkPendingRequests()
    expect(queue.throttleCheckTimeoutId).toBeNull()
    queue.maybeThrottle(1000)
    queue.checkPendingRequests()
    expect(queue.throttleCheckTimeoutId).not.toBeNull()
    queue.destroy()
  })
})

describe.skipIf(broker === '')('what kafkajs does wrong', () => {
  it('alters no topic that is there: those of the log stay as they were made', async () => {
    const prefix = newPrefix()
    const settings = { 'cleanup.policy': 'compact', 'segment.ms': '123456' }
    await withAdmin((admin) =>
      admin.createTopics({
        topics: [
          {
            topic: `${prefix}.state`,
            numPartitions: 2,
            configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
          },
        ],
      }),
    )
    const said: unknown[] = []
    const logger = { ...silentLogger, warn: (_: string, fields?: object) => void said.push(fields) }
    const log = kafkaLog({ broker, prefix, clock: systemClock, topics, logger })
    await log.start()
    await log.stop(never)
    const { resources } = await withAdmin((admin) =>
      admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: 2, name: `${prefix}.state`, configNames: Object.keys(settings) }],
      }),
    )
    const found = resources[0]?.configEntries.map((entry) => [entry.configName, entry.configValue])
    expect(Object.fromEntries(found ?? [])).toEqual(settings)
    expect(said).toContainEqual({
      topic: `${prefix}.state`,
      name: 'max.message.bytes',
      found: '1048588',
      value: '67108864',
    })
  })

  it('cuts what is appended together into batches that a broker takes by default', async () => {
    const prefix = newPrefix()
    await withAdmin((admin) =>
      admin.createTopics({ topics: [{ topic: `${prefix}.events`, numPartitions: 1 }] }),
    )
    const log = kafkaLog({ broker, prefix, clock: systemClock, topics })
    await log.start()
    const records = Array.from({ length: 600 }, (_, number) => ({
      key: String(number),
      value: new Uint8Array(randomBytes(10_000)),
    }))
    await log.append([{ topic: 'events', records }], never)
    const stored = await log.browse('events', { order: 'oldest', limit: 1000 })
    expect(stored.map(({ key }) => key)).toEqual(records.map(({ key }) => key))
    const large = { key: 'large', value: new Uint8Array(randomBytes(2_000_000)) }
    const small = { key: 'small', value: new Uint8Array(1) }
    const outcomes = await Promise.allSettled([
      log.append([{ topic: 'events', records: [large] }], never),
      log.append([{ topic: 'events', records: [small] }], never),
    ])
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'log.failed', retryable: false } },
      { status: 'fulfilled' },
    ])
    await log.stop(never)
  })

  it.each(['none', 'gzip', 'zstd'] as const)('reads what was compressed with %s', async (kind) => {
    const prefix = newPrefix()
    const log = kafkaLog({ broker, prefix, clock: systemClock, topics, compression: kind })
    await log.start()
    const value = new Uint8Array(10_000).fill(7)
    await log.append([{ topic: 'events', records: [{ key: 'a', value }] }], never)
    await log.stop(never)
    const other = kafkaLog({ broker, prefix, clock: systemClock, topics })
    await other.start()
    const [record] = await other.browse('events', { order: 'oldest', limit: 1 })
    expect(record?.value).toEqual(value)
    await other.stop(never)
  })
})
