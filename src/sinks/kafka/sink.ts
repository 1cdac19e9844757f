import type { Producer } from 'kafkajs'
import { z } from 'zod'
import type { Alert, Sink } from '../../contracts.ts'
import { kafkaConnectionShape, readKafkaConnection } from '../../util/kafka/connection.ts'
import { loadKafka } from '../../util/kafka/load.ts'
import { commonSinkShape, type SinkDependencies } from '../common.ts'
import { delivered, unavailable } from '../outcomes.ts'
import { sendInParts, type Verdict } from '../parts.ts'
import { withTimeout } from '../timeout.ts'
import { createWriteGate } from '../write-gate.ts'
import { kafkaVerdict } from './fault.ts'

export const kafkaSinkSchema = z.strictObject({
  ...commonSinkShape,
  ...kafkaConnectionShape,
  type: z.literal('kafka'),
  topic: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,249}$/, 'up to 249 letters, digits, dots, dashes and underscores')
    .describe('Topic, which must exist.'),
  compression: z
    .enum(['none', 'gzip', 'zstd'])
    .default('gzip')
    .describe('Of what is sent; every consumer knows gzip.'),
  timeoutMs: z
    .int()
    .min(1000)
    .max(600_000)
    .default(30_000)
    .describe('How long to wait for the brokers.'),
})

export type KafkaSinkConfig = z.output<typeof kafkaSinkSchema>

/** A few quick repeats by the client, under the same sequence number and so stored once; all others are the delivery's. */
const retry = { initialRetryTime: 100, maxRetryTime: 1000, retries: 3 }

/** A batch counts as delivered once all in-sync replicas have it. The key of a message is the id of its alert. */
export function createKafkaSink(
  config: KafkaSinkConfig,
  { clock, logger, readSecret }: SinkDependencies,
): Sink<Alert> {
  const { name, topic } = config
  const gate = createWriteGate<Alert>(name)
  let open: { readonly producer: Producer; readonly compression: number } | undefined

  const readConnection = () =>
    readKafkaConnection(`sink ${name}`, 'kubewitness', config, readSecret)

  const connect = async (signal: AbortSignal) => {
    if (open !== undefined) return open
    const { kafka, compression } = await loadKafka(await readConnection(), retry, logger)
    signal.throwIfAborted()
    const producer = kafka.producer({
      idempotent: true,
      // kafkajs keeps sequence numbers for one request at a time.
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
    })
    open = { producer, compression: compression[config.compression] }
    await producer.connect()
    return open
  }

  /** What it has under way is not known any more after a failure: a repeat needs another producer. */
  const drop = (): void => {
    open?.producer.disconnect().catch(() => undefined)
    open = undefined
  }

  const send = async (part: readonly Alert[], signal: AbortSignal): Promise<void> => {
    const { producer, compression } = await connect(signal)
    await producer.send({
      topic,
      acks: -1,
      compression,
      messages: part.map((alert) => ({
        key: alert.id,
        value: JSON.stringify(alert),
        headers: { schema: alert.schema, level: alert.rule.level },
      })),
    })
  }

  const attempt = async (part: readonly Alert[], signal: AbortSignal): Promise<Verdict> => {
    try {
      await withTimeout(clock, config.timeoutMs, signal, (bounded) =>
        Promise.race([send(part, bounded), rejectionBy(bounded)]),
      )
      return { outcome: delivered }
    } catch (error) {
      drop()
      return kafkaVerdict(`sending to sink ${name}`, topic, error)
    }
  }

  return {
    name,
    // One send is one batch for each partition, and a broker takes 1 MB of it.
    limits: { maxItems: 500, maxBytes: 512 * 1024, lingerMs: 100 },
    start: async () => void (await readConnection()),
    write: (batch, signal) =>
      gate.run(batch, signal, (gateSignal) =>
        sendInParts(
          batch,
          500,
          (part) => attempt(part, gateSignal),
          unavailable(`sending to sink ${name}: many alerts fail; the rest comes next`),
        ),
      ),
    stop: async (deadline) => {
      await gate.stop(deadline)
      drop()
    },
  }
}

/** The client takes no signal. */
function rejectionBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = () => reject(new Error('stopped while waiting'))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
