import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import type { Log } from '../../src/contracts.ts'
import { createSqliteLog } from '../../src/log/sqlite.ts'
import { systemClock } from '../../src/util/clock.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { kafka } from '../support/kafka.ts'
import { kafkaLog, newPrefix } from '../support/kafka-log.ts'
import { keepAll } from '../support/keep-all.ts'
import { startOwnServer } from '../support/servers.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { median, print } from './figures.ts'

const inFlight = 8
const topics = { events: keepAll }
const never = new AbortController().signal

interface Rates {
  readonly append: number
  readonly read: number
  readonly both: number
}

/** Batches a second in, out and both, through the log in Kafka, the embedded log and plain kafkajs; of the same bytes, in turn. */
export async function benchKafkaPart(
  records: readonly Uint8Array[],
  eventsPerRecord: number,
  rounds: number,
): Promise<void> {
  const server = await startOwnServer(kafka)
  if (server === undefined) return
  try {
    const ways = {
      'log in Kafka': () => throughKafka(server.address, records),
      'embedded log': () => throughSqlite(records),
      'plain kafkajs': () => throughPlainKafkajs(server.address, records),
    }
    const found: Record<string, Rates[]> = {}
    for (let round = -1; round < rounds; round++)
      for (const [name, run] of Object.entries(ways)) {
        const rates = await run()
        if (round >= 0) found[name] = [...(found[name] ?? []), rates]
      }
    report(found, records, eventsPerRecord)
  } finally {
    await server.stop()
  }
}

function report(
  found: Readonly<Record<string, readonly Rates[]>>,
  records: readonly Uint8Array[],
  eventsPerRecord: number,
): void {
  const bytes = records.reduce((sum, value) => sum + value.byteLength, 0) / records.length
  print(
    `\nKafka: ${records.length} batches of ${eventsPerRecord} events, ${bytes.toFixed(0)} bytes each, ${inFlight} appends in flight`,
  )
  const rateOf = (name: string, part: keyof Rates): number =>
    median((found[name] ?? []).map((rates) => rates[part]))
  for (const name of Object.keys(found)) {
    const rates = (['append', 'read', 'both'] as const).map((part) => {
      const rate = rateOf(name, part)
      const ratios = ['embedded log', 'plain kafkajs']
        .filter((other) => other !== name)
        .map((other) => `${(rate / rateOf(other, part)).toFixed(2)} of ${other}`)
      return `${part} ${(rate * eventsPerRecord).toFixed(0)} events/s (${ratios.join(', ')})`
    })
    print(`  ${name}: ${rates.join('; ')}`)
  }
}

async function throughKafka(broker: string, records: readonly Uint8Array[]): Promise<Rates> {
  // As the service opens it: the records are compressed.
  const compressedTopics = ['events']
  const log = kafkaLog({
    broker,
    prefix: newPrefix(),
    clock: systemClock,
    topics,
    compressedTopics,
  })
  await log.start()
  try {
    return await throughLog(log, records)
  } finally {
    await log.stop(never)
  }
}

async function throughSqlite(records: readonly Uint8Array[]): Promise<Rates> {
  await using folder = await createTemporaryFolder('bench')
  const log = createSqliteLog({
    directory: folder.path,
    clock: systemClock,
    logger: silentLogger,
    topics,
  })
  await log.start()
  try {
    return await throughLog(log, records)
  } finally {
    await log.stop(never)
  }
}

/** Reads as detection does, and commits every delivery. */
async function throughLog(log: Log, records: readonly Uint8Array[]): Promise<Rates> {
  const append = await eachInFlight(records, async (value, number) => {
    const record = { key: String(number), value: Uint8Array.from(value) }
    await log.append([{ topic: 'events', records: [record] }], never)
  })
  const startedMs = performance.now()
  let count = 0
  const limits = { maxRecords: 256, maxBytes: 4 << 20 }
  for await (const delivery of log.read('events', 'detect', 'earliest', limits, never)) {
    count += delivery.records.length
    await delivery.commit()
    if (count === records.length) break
  }
  return ratesOf(records.length, append, performance.now() - startedMs)
}

async function throughPlainKafkajs(broker: string, records: readonly Uint8Array[]): Promise<Rates> {
  const topic = randomUUID()
  const client = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING })
  const admin = client.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
  const producer = client.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  const append = await eachInFlight(records, async (value, number) => {
    const message = { key: String(number), value: Buffer.from(value) }
    await producer.send({ topic, acks: -1, messages: [message] })
  })
  const startedMs = performance.now()
  const consumer = client.consumer({ groupId: topic, maxBytesPerPartition: 4 << 20 })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const done = Promise.withResolvers<void>()
  let count = 0
  await consumer.run({
    eachBatch: async ({ batch }) => {
      count += batch.messages.length
      if (count >= records.length) done.resolve()
    },
  })
  await done.promise
  const readMs = performance.now() - startedMs
  await Promise.all([consumer.disconnect(), producer.disconnect(), admin.disconnect()])
  return ratesOf(records.length, append, readMs)
}

/** Milliseconds that it takes for all of them. */
async function eachInFlight(
  records: readonly Uint8Array[],
  action: (value: Uint8Array, number: number) => Promise<void>,
): Promise<number> {
  const startedMs = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let number = next++; number < records.length; number = next++)
        await action(records[number]!, number)
    }),
  )
  return performance.now() - startedMs
}

function ratesOf(count: number, appendMs: number, readMs: number): Rates {
  return {
    append: (count / appendMs) * 1000,
    read: (count / readMs) * 1000,
    both: (count / (appendMs + readMs)) * 1000,
  }
}
