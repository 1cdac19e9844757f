import type { Logger } from '../../contracts.ts'
import { fullError, stoppedError } from '../store-error.ts'
import type { ProducerIdentity } from './driver.ts'
import type { Leaders } from './leaders.ts'
import type { Message } from './messages.ts'
import { createPartitionWriter, type PartitionWriter } from './partition-writer.ts'

/** A message on its way to a partition of a topic (by its name in Kafka). */
export interface Outgoing {
  readonly topic: string
  readonly message: Message
  readonly bytes: number
  /** Stored at this offset. */
  readonly onStored: (offset: number) => void
}

/** What may wait in front of the brokers. One append alone may be larger. */
const waitingLimits = { bytes: 64 << 20, messages: 10_000 } as const

/** Appends messages, of each partition one batch at a time. */
export interface Appender {
  /**
   * Resolves once all in-sync replicas have them; waits while brokers are away. Rejects when too much waits with `log.full`, when
   * the log stops or the brokers refuse something with what `kafkaError` says; then, and not before, nothing of it goes on.
   */
  append(outgoing: readonly Outgoing[]): Promise<void>
  close(): Promise<void>
}

export function createAppender({
  leaders,
  identity,
  logger,
  compressionOf,
  stopping,
}: {
  readonly leaders: Leaders
  readonly identity: ProducerIdentity
  readonly logger: Logger
  /** Of a topic, by its name in Kafka. */
  readonly compressionOf: (topic: string) => number
  readonly stopping: AbortSignal
}): Appender {
  const writers = new Map<string, PartitionWriter>()
  let waitingBytes = 0
  let waitingMessages = 0

  const writerOf = (topic: string, partition: number): PartitionWriter => {
    const key = `${topic}/${partition}`
    const known = writers.get(key)
    if (known !== undefined) return known
    const compression = compressionOf(topic)
    const place = { topic, partition, compression }
    const writer = createPartitionWriter({ ...place, leaders, identity, logger, stopping })
    writers.set(key, writer)
    return writer
  }

  const refuseTooMuch = (bytes: number, messages: number): void => {
    const isTooMuch =
      waitingBytes + bytes > waitingLimits.bytes ||
      waitingMessages + messages > waitingLimits.messages
    if (!isTooMuch || waitingMessages === 0) return
    throw fullError(
      `appending: ${waitingMessages} records with ${waitingBytes} bytes already wait for the brokers`,
      'wait until the brokers have caught up',
    )
  }

  return {
    append: async (outgoing) => {
      if (outgoing.length === 0) return
      if (stopping.aborted) throw stoppedError()
      const bytes = outgoing.reduce((sum, message) => sum + message.bytes, 0)
      refuseTooMuch(bytes, outgoing.length)
      waitingBytes += bytes
      waitingMessages += outgoing.length
      const results = await Promise.allSettled(
        outgoing.map(async ({ topic, message, bytes: own, onStored }) =>
          onStored(await writerOf(topic, message.partition).write(message, own)),
        ),
      )
      waitingBytes -= bytes
      waitingMessages -= outgoing.length
      const refused = results.find(({ status }) => status === 'rejected')
      if (refused?.status === 'rejected') throw refused.reason
    },
    close: async () => {
      await Promise.all([...writers.values()].map((writer) => writer.close()))
      leaders.close()
    },
  }
}
