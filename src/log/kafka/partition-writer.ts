import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from '../../contracts.ts'
import { messageOf } from '../../errors.ts'
import { stoppedError } from '../store-error.ts'
import { fittingIntoBatch, nextSequence } from './batch.ts'
import type { Broker, ProducerIdentity } from './driver.ts'
import { isForgottenProducer, isRefusal, kafkaError } from './kafka-error.ts'
import type { Leaders } from './leaders.ts'
import type { Message } from './messages.ts'

/** Puts messages into one partition, each once. */
export interface PartitionWriter {
  /**
   * Resolves with its offset once all in-sync replicas have it. While brokers are away it is tried again and again, so it is
   * final: rejects only when the brokers have refused it, or the log stops.
   */
  write(message: Message, bytes: number): Promise<number>
  /** Begins nothing more, and resolves once what is under way has come to its end. */
  close(): Promise<void>
}

export interface PartitionWriterOptions {
  /** By its name in Kafka. */
  readonly topic: string
  readonly partition: number
  readonly compression: number
  readonly leaders: Leaders
  readonly identity: ProducerIdentity
  readonly logger: Logger
  /** Aborts when the log stops. */
  readonly stopping: AbortSignal
}

interface Waiting {
  readonly message: Message
  readonly bytes: number
  readonly done: PromiseWithResolvers<number>
}

/**
 * An idempotent producer for one partition. Brokers know what they have by the producer and the number of the first message, so
 * a batch whose answer was lost is sent again as it was, under the same number, until it is known to be stored; only then comes
 * the next one, with everything that waits by then. kafkajs's own producer is not used for it: it gives a failed batch's
 * number to another one, and one that gives up and is replaced has forgotten what it had sent.
 */
export function createPartitionWriter(options: PartitionWriterOptions): PartitionWriter {
  const { topic, partition, compression, leaders, logger, stopping } = options
  const waiting: Waiting[] = []
  let running: Promise<void> | undefined
  let identity: ProducerIdentity | undefined = options.identity
  let sequence = 0

  const produce = async (broker: Broker, messages: readonly Message[]): Promise<number> => {
    identity ??= await broker.initProducerId({ transactionTimeout: 0 })
    const partitions = [{ partition, firstSequence: sequence, messages }]
    const topicData = [{ topic, partitions }]
    const { topics } = await broker.produce({ ...identity, acks: -1, compression, topicData })
    sequence = nextSequence(sequence, messages.length)
    return Number(topics[0]?.partitions[0]?.baseOffset)
  }

  /** No number that a broker may have seen is given to another batch: it would be acknowledged, and lost. */
  const becomeAnother = (): void => {
    identity = undefined
    sequence = 0
  }

  const send = async (messages: readonly Message[]): Promise<number> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await produce(await leaders.of(topic, partition), messages)
      } catch (error) {
        if (stopping.aborted) throw stoppedError()
        if (isForgottenProducer(error)) becomeAnother()
        else if (isRefusal(error)) {
          becomeAnother()
          throw kafkaError('appending', error)
        }
        if (attempt === 1 || attempt % 30 === 0)
          logger.warn('Appending failed; it is tried again', {
            topic,
            partition,
            error: messageOf(error),
          })
        await wait(Math.min(20 * 2 ** attempt, 1000), undefined, { signal: stopping }).catch(
          () => undefined,
        )
        await leaders.lookAgain()
      }
    }
  }

  const sendBatch = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const offset = await send(batch.map(({ message }) => message))
      for (const [place, { done }] of batch.entries()) done.resolve(offset + place)
    } catch (error) {
      // Of several, one may be to blame.
      if (batch.length > 1 && !stopping.aborted) for (const entry of batch) await sendBatch([entry])
      else for (const { done } of batch) done.reject(error)
    }
  }

  const run = async (): Promise<void> => {
    while (waiting.length > 0)
      await sendBatch(
        waiting.splice(
          0,
          fittingIntoBatch(waiting, ({ bytes }) => bytes),
        ),
      )
    running = undefined
  }

  return {
    write: (message, bytes) => {
      const done = Promise.withResolvers<number>()
      waiting.push({ message, bytes, done })
      running ??= Promise.resolve().then(run)
      return done.promise
    },
    close: async () => {
      for (const { done } of waiting.splice(0)) done.reject(stoppedError())
      await running
    },
  }
}
