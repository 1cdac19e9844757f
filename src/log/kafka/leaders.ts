import { setTimeout as wait } from 'node:timers/promises'
import type { Broker, Cluster } from './driver.ts'

/** The brokers that lead partitions, over connections of their own. */
export interface Leaders {
  of(topic: string, partition: number): Promise<Broker>
  /** To be called after a failure: leaders move, and brokers restart. Never rejects. */
  lookAgain(): Promise<void>
  /** Asks the leader, and whoever is it then once more after a failure, for about a minute; not if the failure is final. */
  ask<T>(
    topic: string,
    partition: number,
    request: (broker: Broker) => Promise<T>,
    isFinal: (error: unknown) => boolean,
  ): Promise<T>
  /** At once: what waits for an answer fails. */
  close(): void
}

const attempts = 60

export function createLeaders(cluster: Cluster): Leaders {
  let isClosed = false
  let connected: Promise<void> | undefined

  const of = async (topic: string, partition: number): Promise<Broker> => {
    connected ??= cluster.connect()
    await connected
    await cluster.addMultipleTargetTopics([topic])
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
    if (nodeId === undefined) throw new Error(`${topic} has no leader for partition ${partition}`)
    return cluster.findBroker({ nodeId })
  }
  const lookAgain = async (): Promise<void> => {
    connected = undefined
    await cluster.refreshMetadata().catch(() => undefined)
  }

  return {
    of,
    lookAgain,
    ask: async (topic, partition, request, isFinal) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await request(await of(topic, partition))
        } catch (error) {
          if (isClosed || attempt === attempts || isFinal(error)) throw error
          await wait(Math.min(20 * 2 ** attempt, 1000))
          await lookAgain()
        }
      }
    },
    close: () => {
      isClosed = true
      cluster.cut()
    },
  }
}
