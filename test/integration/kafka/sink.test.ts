import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Alert } from '../../../src/contracts.ts'
import { createSink, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { makeAlert } from '../../sinks/make-alert.ts'
import { createSinkWorld } from '../../sinks/world.ts'
import { freePort } from '../../support/free-port.ts'
import { wordOf } from '../../support/outcome-word.ts'

const broker = inject('kafka')
const topic = `alerts-${randomUUID()}`
const never = new AbortController().signal

function makeSink(options: object = {}) {
  const config = sinkConfigSchema.parse({
    name: 'bus',
    type: 'kafka',
    brokers: [broker],
    topic,
    ...options,
  })
  return createSink(config, { ...createSinkWorld({ password: 'CANARY' }), clock: systemClock })
}

describe.skipIf(broker === null)('the Kafka sink on a real broker', () => {
  const client = new kafkajs.Kafka({
    brokers: [broker ?? ''],
    logLevel: kafkajs.logLevel.NOTHING,
  })
  const admin = client.admin()
  const received: {
    key: string
    alert: Alert
    headers: Record<string, string>
    partition: number
  }[] = []
  const consumer = client.consumer({ groupId: topic, maxWaitTimeInMs: 100 })
  beforeAll(async () => {
    await admin.connect()
    await admin.createTopics({
      topics: [
        {
          topic,
          numPartitions: 3,
          configEntries: [{ name: 'max.message.bytes', value: '20000' }],
        },
      ],
    })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message, partition }) => {
        const { key, value, headers = {} } = message
        received.push({
          key: String(key),
          alert: JSON.parse(String(value)),
          headers: Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, String(v)])),
          partition,
        })
      },
    })
  })
  afterAll(async () => {
    await consumer.disconnect()
    await admin.disconnect()
  })

  async function receivedOf(prefix: string, count: number) {
    const ours = () => received.filter(({ key }) => key.startsWith(prefix))
    await expect.poll(() => ours().length, { timeout: 20_000 }).toBe(count)
    return ours()
  }

  it('sends alerts under their ids, with what one filters by in the headers', async () => {
    const sink = makeSink()
    await sink.start()
    const alerts = Array.from({ length: 200 }, (_, i) =>
      makeAlert({ id: `one-${i}`, actor: 'ünï' }),
    )
    const outcomes = await sink.write(alerts, never)
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['delivered']))
    const messages = await receivedOf('one-', 200)
    expect(messages.find(({ key }) => key === 'one-7')).toEqual({
      key: 'one-7',
      alert: alerts[7],
      headers: { schema: 'kubewitness.alert/v1', level: 'medium' },
      partition: expect.any(Number),
    })
    expect(new Set(messages.map(({ partition }) => partition)).size).toBe(3)
    await sink.stop(never)
  })

  it('keeps the revisions of an alert in order', async () => {
    const sink = makeSink({ compression: 'none' })
    for (let revision = 1; revision <= 5; revision++) {
      await sink.write(
        [makeAlert({ id: 'two-a', revision }), makeAlert({ id: `two-b${revision}` })],
        never,
      )
    }
    const messages = await receivedOf('two-', 10)
    const revisions = messages
      .filter(({ key }) => key === 'two-a')
      .map(({ alert }) => alert.revision)
    expect(revisions).toEqual([1, 2, 3, 4, 5])
    await sink.stop(never)
  })

  it('refuses the one alert that is too large for the topic', async () => {
    const sink = makeSink({ compression: 'none' })
    const large = makeAlert({ id: 'three-large', summary: 'x'.repeat(30_000) })
    const small = Array.from({ length: 5 }, (_, i) => makeAlert({ id: `three-${i}` }))
    const outcomes = await sink.write([...small, large], never)
    expect(outcomes.map(wordOf)).toEqual([
      ...Array(5).fill('delivered'),
      'rejected sink.rejected: sending to sink bus: MESSAGE_TOO_LARGE',
    ])
    await sink.stop(never)
  })

  it('says that the topic is not there, makes none, and keeps the alerts', async () => {
    const sink = makeSink({ topic: `${topic}-none` })
    const [outcome] = await sink.write([makeAlert()], never)
    expect(wordOf(outcome)).toBe(
      `retry sink.unavailable: sending to sink bus: UNKNOWN_TOPIC_OR_PARTITION; make the topic ${topic}-none, or correct its name; the alerts are kept`,
    )
    expect(await admin.listTopics()).not.toContain(`${topic}-none`)
    await sink.stop(never)
  })

  it('asks for a repeat while no broker answers, says nothing of addresses, and lets go in time', async () => {
    const port = await freePort()
    const sink = makeSink({ brokers: [`127.0.0.1:${port}`], timeoutMs: 2_000 })
    await sink.start()
    const outcomes = await sink.write([makeAlert(), makeAlert({ id: 'b' })], never)
    expect(outcomes.map(({ status }) => status)).toEqual(['retry', 'retry'])
    expect(wordOf(outcomes[0])).not.toContain(String(port))
    await sink.stop(never)
    expect((await sink.write([makeAlert()], never)).map(({ status }) => status)).toEqual(['retry'])
  })

  it('lets go at once when the caller aborts', async () => {
    const abort = new AbortController()
    abort.abort()
    const sink = makeSink()
    expect((await sink.write([makeAlert({ id: 'four' })], abort.signal))[0]?.status).toBe('retry')
    const other = new AbortController()
    const writing = sink.write([makeAlert({ id: 'four' })], other.signal)
    other.abort()
    expect((await writing)[0]?.status).toBe('retry')
    await sink.stop(never)
  })
})
