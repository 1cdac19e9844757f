import { setTimeout as wait } from 'node:timers/promises'
import type { Consumer } from 'kafkajs'
import type { Logger } from '../../contracts.ts'
import { messageOf } from '../../errors.ts'
import type { Driver } from './driver.ts'

/** One reader's part in a consumer group. */
export interface Membership {
  /** Leaves at once, so that others need not wait for a timeout. */
  close(): Promise<void>
}

export interface MembershipOptions {
  readonly driver: Driver
  readonly logger: Logger
  readonly groupId: string
  /** By its name in Kafka. */
  readonly topic: string
  readonly sessionTimeoutMs: number
  /** The partitions that this reader has from now on. */
  readonly onAssigned: (partitions: readonly number[]) => void
}

/** Brokers may be away, and a group waits for all of its members to come. */
const joinWithinMs = 120_000

/**
 * Kafka's consumer groups say who reads which partition; what is read is fetched elsewhere. So the kafkajs consumer in here
 * has all of its partitions paused and does nothing but heartbeats, which no long work can hold up: the loop of timed-out
 * sessions and rebalances that comes of processing inside `eachBatch` cannot begin. A consumer that crashes or falls silent is
 * replaced by a new one.
 */
export function joinGroup(options: MembershipOptions): Membership {
  const { driver, logger, groupId, topic, sessionTimeoutMs, onAssigned } = options
  const leaving = new AbortController()

  /** Resolves when the consumer is of no use any more. */
  const takePart = async (): Promise<void> => {
    const over = Promise.withResolvers<void>()
    const consumer = driver.consumer({ groupId, sessionTimeoutMs })
    let aliveMs = performance.now()
    let silentAfterMs = joinWithinMs
    let isOver = false
    const alive = (): void => {
      aliveMs = performance.now()
    }
    consumer.on(consumer.events.HEARTBEAT, alive)
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      // It was joining when it was given up: kafkajs's disconnect does not end that.
      if (isOver) return void consumer.disconnect().catch(() => undefined)
      alive()
      silentAfterMs = 3 * sessionTimeoutMs
      consumer.pause([{ topic }])
      const partitions = payload.memberAssignment[topic] ?? []
      logger.debug('Partitions were assigned', { groupId, partitions })
      onAssigned(partitions)
    })
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      logger.warn('A group member has crashed', { groupId, error: messageOf(payload.error) })
      over.resolve()
    })
    const watch = setInterval(() => {
      if (performance.now() - aliveMs < silentAfterMs) return
      logger.warn('A group member has fallen silent', { groupId })
      over.resolve()
    }, sessionTimeoutMs)
    const onLeave = (): void => over.resolve()
    leaving.signal.addEventListener('abort', onLeave, { once: true })
    if (leaving.signal.aborted) onLeave()
    try {
      await Promise.race([run(consumer, () => isOver), over.promise])
      await over.promise
    } finally {
      isOver = true
      clearInterval(watch)
      leaving.signal.removeEventListener('abort', onLeave)
      // A consumer that is lost may never be done with leaving: the next one does not wait for it.
      const left = consumer.disconnect().catch(() => undefined)
      await Promise.race([left, wait(sessionTimeoutMs, undefined, { ref: false })])
    }
  }

  const run = async (consumer: Consumer, isOver: () => boolean): Promise<void> => {
    await consumer.connect()
    if (isOver()) return void (await consumer.disconnect())
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({ autoCommit: false, eachBatch: async () => undefined })
  }

  const stayMember = async (): Promise<void> => {
    for (let attempt = 0; !leaving.signal.aborted; attempt++) {
      await takePart().catch((error: unknown) =>
        logger.warn('Joining a group failed; it is tried again', {
          groupId,
          error: messageOf(error),
        }),
      )
      if (leaving.signal.aborted) return
      await wait(Math.min(50 * 2 ** attempt, 1000), undefined, { signal: leaving.signal }).catch(
        () => undefined,
      )
    }
  }
  const member = stayMember()
  return {
    close: async () => {
      leaving.abort()
      await member
    },
  }
}
