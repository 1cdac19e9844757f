import { setTimeout as wait } from 'node:timers/promises'
import type { Producer } from 'kafkajs'
import type { Logger } from '../../contracts.ts'
import { messageOf } from '../../errors.ts'
import { fullError, stoppedError } from '../store-error.ts'
import type { Driver } from './driver.ts'
import { kafkaError } from './kafka-error.ts'
import type { Message } from './messages.ts'

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
/**
 * One batch for one partition: a broker takes or refuses it whole, at a megabyte unless it is told otherwise, so it is cut
 * here. One message alone may be larger.
 */
export const batchBytes = 900 * 1024
/** What a message takes besides its key and value, at most. */
export const overheadBytes = 64
/** How long an append waits for brokers that are away, before its sender is told to come back. */
const appendTimeoutMs = 10_000

interface Waiting {
  readonly outgoing: readonly Outgoing[]
  readonly bytes: number
  readonly done: PromiseWithResolvers<void>
  /** Nobody waits for it any more. */
  isGivenUp: boolean
}

/** Appends messages, each send with all that waits by then. */
export interface Appender {
  start(): Promise<void>
  /** Resolves once all in-sync replicas have them. Rejects with `log.full` when too much waits, or `log.failed`, both to be repeated. */
  append(outgoing: readonly Outgoing[]): Promise<void>
  close(): Promise<void>
}

/**
 * One idempotent producer with one send at a time: kafkajs does not keep sequence numbers for more, and then fails or
 * stores twice. A send that has failed is repeated as it is, because the broker tells repeats by sequence number and would
 * take another batch for the one it has; only a new producer may send something else.
 */
export function createAppender({
  driver,
  logger,
  compressionOf,
  stopping,
}: {
  readonly driver: Driver
  readonly logger: Logger
  /** Of a topic, by its name in Kafka. */
  readonly compressionOf: (topic: string) => number
  readonly stopping: AbortSignal
}): Appender {
  let waiting: Waiting[] = []
  let waitingBytes = 0
  let waitingMessages = 0
  let producer: Producer | undefined
  let running: Promise<void> | undefined

  const open = async (): Promise<Producer> => {
    if (producer !== undefined) return producer
    const opened = driver.producer({})
    await opened.connect()
    producer = opened
    return opened
  }
  const drop = async (): Promise<void> => {
    const old = producer
    producer = undefined
    await old?.disconnect().catch(() => undefined)
  }

  const send = async (batch: readonly Outgoing[], compression: number): Promise<void> => {
    const opened = await open()
    const messagesByTopic = Map.groupBy(batch, ({ topic }) => topic)
    const answers = await opened.sendBatch({
      acks: -1,
      compression,
      topicMessages: [...messagesByTopic].map(([topic, outgoing]) => ({
        topic,
        messages: outgoing.map(({ message }) => message),
      })),
    })
    const offsets = new Map(
      answers.map(({ topicName, partition, baseOffset }) => [
        `${topicName}/${partition}`,
        Number(baseOffset),
      ]),
    )
    for (const { topic, message, onStored } of batch) {
      const place = `${topic}/${message.partition}`
      const offset = offsets.get(place) ?? 0
      offsets.set(place, offset + 1)
      onStored(offset)
    }
  }

  /** Until it is stored, or nobody waits for it any more. */
  const sendAll = async (taken: readonly Waiting[]): Promise<void> => {
    for (const [compression, batch] of batchesOf(taken, compressionOf)) {
      for (let attempt = 0; ; attempt++) {
        try {
          await send(batch, compression)
          break
        } catch (error) {
          await drop()
          const failure = kafkaError('appending', error)
          if (!failure.retryable || stopping.aborted) throw failure
          if (taken.every(({ isGivenUp }) => isGivenUp)) throw failure
          logger.warn('Appending failed; it is tried again', { error: messageOf(error) })
          await wait(Math.min(50 * 2 ** attempt, 1000), undefined, { signal: stopping }).catch(
            () => undefined,
          )
        }
      }
    }
  }

  const sendAlone = async (entry: Waiting): Promise<void> => {
    await sendAll([entry]).then(entry.done.resolve, entry.done.reject)
  }

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const taken = takeWaiting()
      try {
        await sendAll(taken)
        for (const { done } of taken) done.resolve()
      } catch (error) {
        // Of several, one may be to blame.
        if (taken.length > 1 && !stopping.aborted) for (const entry of taken) await sendAlone(entry)
        else for (const { done } of taken) done.reject(error)
      }
      release(taken)
    }
    running = undefined
  }

  const release = (entries: readonly Waiting[]): void => {
    for (const { bytes, outgoing } of entries) {
      waitingBytes -= bytes
      waitingMessages -= outgoing.length
    }
  }

  /** What fits in about four batches, and one append at least. What nobody waits for any more is not begun. */
  const takeWaiting = (): Waiting[] => {
    release(waiting.filter(({ isGivenUp }) => isGivenUp))
    waiting = waiting.filter(({ isGivenUp }) => !isGivenUp)
    let bytes = 0
    const count = waiting.findIndex((entry) => {
      bytes += entry.bytes
      return bytes > 4 * batchBytes
    })
    return waiting.splice(0, count === -1 ? waiting.length : Math.max(1, count))
  }

  return {
    start: async () => void (await open()),
    append: async (outgoing) => {
      if (outgoing.length === 0) return
      const bytes = outgoing.reduce((sum, message) => sum + message.bytes, 0)
      const isTooMuch =
        waitingBytes + bytes > waitingLimits.bytes ||
        waitingMessages + outgoing.length > waitingLimits.messages
      if (isTooMuch && waitingMessages > 0) {
        throw fullError(
          `appending: ${waitingMessages} records with ${waitingBytes} bytes already wait for the brokers`,
          'wait until the brokers have caught up',
        )
      }
      const entry: Waiting = {
        outgoing,
        bytes,
        done: Promise.withResolvers(),
        isGivenUp: false,
      }
      waiting.push(entry)
      waitingBytes += bytes
      waitingMessages += outgoing.length
      running ??= Promise.resolve().then(run)
      const timer = setTimeout(() => {
        entry.isGivenUp = true
        entry.done.reject(
          kafkaError('appending', new Error(`no answer in ${appendTimeoutMs / 1000} seconds`)),
        )
      }, appendTimeoutMs)
      try {
        await entry.done.promise
      } finally {
        clearTimeout(timer)
      }
    },
    close: async () => {
      for (const entry of waiting.splice(0)) entry.done.reject(stoppedError())
      await running
      await drop()
    },
  }
}

/** Batches of a bounded size, each with one compression and at most one batch for each partition in each send. */
function batchesOf(
  taken: readonly Waiting[],
  compressionOf: (topic: string) => number,
): [number, Outgoing[]][] {
  const batches: { compression: number; bytes: Map<string, number>; batch: Outgoing[] }[] = []
  for (const outgoing of taken.flatMap((entry) => entry.outgoing)) {
    const compression = compressionOf(outgoing.topic)
    const place = `${outgoing.topic}/${outgoing.message.partition}`
    const current = batches.findLast((entry) => entry.compression === compression)
    const bytes = (current?.bytes.get(place) ?? 0) + outgoing.bytes + overheadBytes
    if (current === undefined || (bytes > batchBytes && current.bytes.has(place))) {
      batches.push({
        compression,
        bytes: new Map([[place, outgoing.bytes + overheadBytes]]),
        batch: [outgoing],
      })
    } else {
      current.bytes.set(place, bytes)
      current.batch.push(outgoing)
    }
  }
  return batches.map(({ compression, batch }) => [compression, batch])
}
