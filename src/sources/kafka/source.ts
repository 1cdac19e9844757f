import type { EachBatchPayload, Consumer as KafkaConsumer, KafkaMessage } from 'kafkajs'
import type { Clock, Component, Consumer, Logger, Metrics, ReceivedBody } from '../../contracts.ts'
import { KubewitnessError, messageOf } from '../../errors.ts'
import { clusterOf } from './cluster-of.ts'
import type { KafkaSourceConfig } from './config.ts'

export interface KafkaSourceOptions {
  readonly config: KafkaSourceConfig
  /** A new member of the source's group, not yet connected. `close` ends what of it is left, whatever it is at. */
  readonly open: () => Promise<{ readonly member: KafkaConsumer; readonly close: () => void }>
  readonly consumer: Consumer<ReceivedBody>
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

const retryMs = 1000

/**
 * Takes EventLists that others have put into Kafka. An offset is committed when all messages before it are durable, so that a
 * message may come twice, and is stored once. What cannot be understood is kept aside as it is of a body over HTTP, and the next
 * message follows. When the log is full it waits, as a member of its group. A consumer that gives up is replaced.
 */
export function createKafkaSource(options: KafkaSourceOptions): Component {
  const { config, clock, logger } = options
  const { name, topics, from } = config
  const stopping = new AbortController()

  /** Resolves when the consumer is of no use any more. */
  const takePart = async (): Promise<void> => {
    const { member: consumer, close } = await options.open()
    const over = Promise.withResolvers<void>()
    const leaving = new AbortController()
    const onStop = (): void => over.resolve()
    stopping.signal.addEventListener('abort', onStop, { once: true })
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      logger.warn('A source has lost its place in its group', {
        source: name,
        message: messageOf(payload.error),
      })
      if (!payload.restart) over.resolve()
    })
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: [...topics], fromBeginning: from === 'earliest' })
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: (payload) => takeBatch(payload, consumer),
      })
      if (!stopping.signal.aborted) await over.promise
    } finally {
      stopping.signal.removeEventListener('abort', onStop)
      // A consumer that is lost may never be done with leaving: the next one does not wait for it.
      const left = consumer.disconnect().catch(() => undefined)
      await Promise.race([left, clock.sleep(config.sessionTimeoutMs, leaving.signal)])
      leaving.abort()
      // One that was joining would go on with it, and keep the process from ending.
      close()
    }
  }

  const takeBatch = async (payload: EachBatchPayload, consumer: KafkaConsumer): Promise<void> => {
    const { batch, heartbeat, resolveOffset } = payload
    const { topic, partition } = batch
    // Waiting for room takes as long as it takes; a lost place is noticed by `isStale`.
    const beat = setInterval(
      () => void heartbeat().catch(() => undefined),
      config.sessionTimeoutMs / 6,
    )
    let next: bigint | undefined
    try {
      for (const message of batch.messages) {
        if (!(await store(message, payload))) break
        resolveOffset(message.offset)
        next = BigInt(message.offset) + 1n
      }
      if (next === undefined || payload.isStale()) return
      await heartbeat()
      await consumer.commitOffsets([{ topic, partition, offset: String(next) }])
    } finally {
      clearInterval(beat)
    }
  }

  /** False when the message is another member's, or the next start's. */
  const store = async (message: KafkaMessage, payload: EachBatchPayload): Promise<boolean> => {
    const { topic, partition } = payload.batch
    if (message.value === null) return true
    const body: ReceivedBody = {
      cluster: clusterOf(message.headers, config),
      sender: `${topic}/${partition}`,
      bytes: message.value,
      receivedAtMs: clock.nowMs(),
    }
    while (!stopping.signal.aborted && payload.isRunning() && !payload.isStale()) {
      try {
        await options.consumer.consume(body, stopping.signal)
        options.metrics.add('kubewitness_source_messages_total', 1, { source: name })
        return true
      } catch (error) {
        if (stopping.signal.aborted) return false
        logger.warn('A message waits to be stored', { source: name, message: messageOf(error) })
        const afterMs = error instanceof KubewitnessError ? error.retryAfterMs : undefined
        await clock.sleep(afterMs ?? retryMs, stopping.signal).catch(() => undefined)
      }
    }
    return false
  }

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await takePart().catch((error: unknown) =>
        logger.warn('A source cannot read; it tries again', {
          source: name,
          message: messageOf(error),
        }),
      )
      await clock.sleep(retryMs, stopping.signal).catch(() => undefined)
    }
  }
  let running: Promise<void> = Promise.resolve()
  return {
    name: `source ${name}`,
    start: async () => {
      running = run()
    },
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
