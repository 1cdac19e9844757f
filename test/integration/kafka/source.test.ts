import kafkajs from 'kafkajs'
import { describe, expect, inject, it } from 'vitest'
import { z } from 'zod'
import { loadDriver } from '../../../src/log/kafka/driver.ts'
import { kafkaSourceShape } from '../../../src/sources/kafka/config.ts'
import { createKafkaSource } from '../../../src/sources/kafka/source.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { silentLogger } from '../../../src/util/logger.ts'
import { createMetrics } from '../../../src/util/metrics.ts'
import { createBodyGenerator } from '../../support/generate.ts'
import { throwOut } from '../../support/kafka-group.ts'
import { newPrefix } from '../../support/kafka-log.ts'
import { type RunningApp, startApp } from '../../support/running-app.ts'

const address = inject('kafka')

/** A topic of somebody else's, and what puts messages into it. */
async function openTopic() {
  const { Kafka, logLevel, Partitioners } = kafkajs
  const client = new Kafka({ brokers: [address ?? ''], logLevel: logLevel.NOTHING })
  const topic = newPrefix()
  const admin = client.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true })
  const producer = client.producer({ createPartitioner: Partitioners.LegacyPartitioner })
  await producer.connect()
  return {
    topic,
    send: (...values: readonly (Uint8Array | null)[]) =>
      producer.send({
        topic,
        messages: values.map((value, number) => ({
          value: value === null ? null : Buffer.from(value),
          partition: number % 2,
          headers: number === 0 ? { cluster: 'north' } : { cluster: 'no name!' },
        })),
      }),
    /** Messages of the group that are not committed yet. */
    behind: async (groupId: string): Promise<number> => {
      const [ends, [own]] = await Promise.all([
        admin.fetchTopicOffsets(topic),
        admin.fetchOffsets({ groupId, topics: [topic] }),
      ])
      const committed = new Map(
        own?.partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]),
      )
      return ends.reduce(
        (sum, end) => sum + Number(end.offset) - (committed.get(end.partition) ?? 0),
        0,
      )
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([producer.disconnect(), admin.disconnect()])
    },
  }
}

async function stored({ app }: RunningApp, topic: string): Promise<number> {
  return (await app.log.status()).find((one) => one.topic === topic)?.records ?? 0
}

describe.skipIf(address === null)('a Kafka source', () => {
  it('stores what others have produced, commits behind it, and keeps aside what it cannot understand', async () => {
    await using topic = await openTopic()
    const generate = createBodyGenerator({ seed: 11, events: 20 })
    await topic.send(
      generate(0).bytes,
      generate(1).bytes,
      Buffer.from('this is no JSON'),
      null,
      generate(2).bytes,
    )
    const group = newPrefix()
    const kafkaSources = [
      {
        name: 'others',
        brokers: [address],
        topics: [topic.topic],
        group,
        cluster: 'rest',
        clusterHeader: 'cluster',
        sessionTimeoutMs: 2000,
      },
    ]
    {
      await using running = await startApp({ kafkaSources, log: { type: 'memory' } })
      await expect.poll(() => topic.behind(group), { timeout: 60_000 }).toBe(0)
      expect(await stored(running, 'events')).toBe(3)
      expect(await stored(running, 'rejected')).toBe(1)
      const metrics = await (await fetch(`${running.adminUrl}/metrics`)).text()
      const received = [
        ...metrics.matchAll(/^kubewitness_events_received_total\{cluster="(\w+)"\} (\d+)$/gm),
      ].map(([, cluster, events]) => `${cluster} ${events}`)
      expect(received.toSorted()).toEqual(['north 20', 'rest 40'])
    }
    await topic.send(generate(3).bytes)
    await using again = await startApp({ kafkaSources, log: { type: 'memory' } })
    await expect.poll(() => topic.behind(group), { timeout: 60_000 }).toBe(0)
    expect(await stored(again, 'events')).toBe(1)
  }, 200_000)

  it('reads on when its group threw it out while it stored, where a consumer of kafkajs is dead for good', async () => {
    await using topic = await openTopic()
    const group = newPrefix()
    const connection = { brokers: [address ?? ''], clientId: 'test' }
    const stored: string[] = []
    const source = createKafkaSource({
      config: z.strictObject(kafkaSourceShape).parse({
        name: 'others',
        topics: [topic.topic],
        group,
        cluster: 'rest',
        sessionTimeoutMs: 6000,
      }),
      open: async () => {
        const driver = await loadDriver(connection, silentLogger)
        return {
          member: driver.reader({ groupId: group, sessionTimeoutMs: 6000 }),
          close: driver.close,
        }
      },
      consumer: {
        consume: async ({ bytes }) => {
          stored.push(Buffer.from(bytes).toString())
          if (stored.length === 1) await throwOut(address ?? '', group, topic.topic)
        },
      },
      clock: systemClock,
      logger: silentLogger,
      metrics: createMetrics({ withProcessMetrics: false }),
    })
    await topic.send(Buffer.from('a'))
    await source.start()
    await expect.poll(() => stored.length, { timeout: 60_000 }).toBeGreaterThan(0)
    await topic.send(Buffer.from('b'))
    await expect.poll(() => topic.behind(group), { timeout: 60_000 }).toBe(0)
    expect(new Set(stored)).toEqual(new Set(['a', 'b']))
    await source.stop(AbortSignal.timeout(10_000))
  }, 200_000)
})
