import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import kafkajs from 'kafkajs'
import { describe, expect, inject, it } from 'vitest'
import type { TopicOptions } from '../../../src/contracts.ts'
import { createAppender } from '../../../src/log/kafka/appender.ts'
import { type Broker, loadDriver } from '../../../src/log/kafka/driver.ts'
import { createLeaders, type Leaders } from '../../../src/log/kafka/leaders.ts'
import { toMessage } from '../../../src/log/kafka/messages.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { mendRequestQueue } from '../../../src/util/kafka/request-queue.ts'
import { silentLogger } from '../../../src/util/logger.ts'
import { kafkaLog, newPrefix, storedKeys } from '../../support/kafka-log.ts'
import { keepAll } from '../../support/keep-all.ts'
import { startProxiedKafka } from '../../support/proxied-kafka.ts'

const broker = inject('kafka') ?? ''
const never = new AbortController().signal
const topics: Readonly<Record<string, TopicOptions>> = { events: keepAll }

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

  it('acknowledges what it has not stored when the answer to another send was lost: ours is not its producer', async () => {
    await using own = await startProxiedKafka()
    const { proxy, address, directAddress } = own
    const topic = newPrefix()
    const client = new kafkajs.Kafka({
      brokers: [address],
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { initialRetryTime: 1, maxRetryTime: 1, retries: 1 },
    })
    const admin = client.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
    await admin.disconnect()
    const producer = client.producer({ idempotent: true })
    await producer.connect()
    const send = (key: string) => producer.send({ topic, messages: [{ key, value: key }] })
    await send('first')
    await proxy.setFault({ kind: 'cut-after-bytes', bytes: 0, direction: 'down' })
    await expect(send('unanswered')).rejects.toThrow()
    await expect.poll(() => storedKeys(directAddress, topic)).toEqual(['first', 'unanswered'])
    await proxy.setFault({ kind: 'none' })
    await expect.poll(() => send('another').then(() => 'acknowledged', String)).toBe('acknowledged')
    // Under the number of the one before, for which the broker took it.
    expect(await storedKeys(directAddress, topic)).toEqual(['first', 'unanswered'])
    await producer.disconnect()
  })

  it('keeps no numbers for several sends: of each partition one is on its way, the rest waits for it', async () => {
    const prefix = newPrefix()
    const topic = `${prefix}.events`
    await withAdmin((admin) => admin.createTopics({ topics: [{ topic, numPartitions: 3 }] }))
    const driver = await loadDriver({ brokers: [broker], clientId: 'test' }, silentLogger)
    const leaders = createLeaders(driver.cluster())
    const underWay = new Map<number, number>()
    let most = 0
    let sends = 0
    const watched: Leaders = {
      ...leaders,
      of: async (...place) => {
        const leader = await leaders.of(...place)
        return Object.assign(Object.create(leader) as Broker, {
          produce: async (request: Parameters<Broker['produce']>[0]) => {
            const partition = request.topicData[0]!.partitions[0]!.partition
            underWay.set(partition, (underWay.get(partition) ?? 0) + 1)
            most = Math.max(most, ...underWay.values())
            sends += 1
            const answer = await leader.produce(request)
            underWay.set(partition, underWay.get(partition)! - 1)
            return answer
          },
        })
      },
    }
    const identity = await (await leaders.of(topic, 0)).initProducerId({ transactionTimeout: 0 })
    const stopping = new AbortController().signal
    const compressionOf = () => driver.compression.none
    const common = { identity, logger: silentLogger, compressionOf, stopping }
    const appender = createAppender({ ...common, leaders: watched })
    const offsets: string[] = []
    const append = (number: number) => {
      const partition = number % 3
      const message = toMessage(String(number), Buffer.alloc(40_000), partition, 0)
      const onStored = (offset: number) => void offsets.push(`${partition}/${offset}`)
      return appender.append([{ topic, message, bytes: 40_000, onStored }])
    }
    await Promise.all(Array.from({ length: 300 }, (_, number) => append(number)))
    expect(most).toBe(1)
    expect(sends).toBeGreaterThan(6) // 4 MB for each partition, in batches of less than one.
    expect(sends).toBeLessThan(60)
    const places = Array.from(
      { length: 300 },
      (_, number) => `${number % 3}/${Math.floor(number / 3)}`,
    )
    expect(offsets.toSorted()).toEqual(places.toSorted())
    await appender.close()
    driver.close()
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
