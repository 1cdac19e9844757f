import { createRequire } from 'node:module'
import type { Admin, Consumer, ITopicConfig, RetryOptions } from 'kafkajs'
import type { Logger } from '../../contracts.ts'
import type { KafkaConnection } from '../../util/kafka/connection.ts'
import { loadKafka } from '../../util/kafka/load.ts'
import { createSockets } from '../../util/kafka/sockets.ts'
import type { GroupProtocol } from './group-messages.ts'
import type { Message } from './messages.ts'

/** The parts of kafkajs that the log uses. Loaded when it is opened, so that nobody else pays for it. */
export interface Driver {
  readonly admin: () => Admin
  /** A member of a group that reads and commits by kafkajs's own means: of topics that are not the log's. */
  readonly reader: (options: {
    readonly groupId: string
    readonly sessionTimeoutMs: number
  }) => Consumer
  /** Connections of their own, for requests that name everything themselves. Nothing is repeated there. */
  readonly cluster: (options?: { readonly requestTimeoutMs?: number }) => Cluster
  readonly groupProtocol: GroupProtocol
  readonly compression: { readonly none: number; readonly gzip: number; readonly zstd: number }
  /** Ends all of these, whatever they are at: within a second nothing of them is left. */
  close(): void
}

export type TopicConfig = ITopicConfig

/** `src/cluster` of kafkajs, as far as it is used. */
export interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  refreshMetadata(): Promise<void>
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>
  findBroker(options: { readonly nodeId: string }): Promise<Broker>
  /** Of a group (type 0, the default), or of a transactional id (type 1). */
  findGroupCoordinator(options: {
    readonly groupId: string
    readonly coordinatorType?: 0 | 1
  }): Promise<Broker>
  /** Ends its connections for good; what waits for an answer fails. */
  cut(): void
}

/** `src/broker` of kafkajs, as far as it is used. Offsets are decimal numbers in text, as everywhere in kafkajs. */
export interface Broker {
  readonly nodeId: string
  fetch(request: {
    readonly replicaId: -1
    readonly isolationLevel: 1
    readonly maxWaitTime: number
    readonly minBytes: number
    readonly maxBytes: number
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly {
        readonly partition: number
        readonly currentLeaderEpoch: -1
        readonly fetchOffset: string
        readonly maxBytes: number
      }[]
    }[]
  }): Promise<{
    readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[]
  }>
  listOffsets(request: {
    readonly replicaId: -1
    readonly isolationLevel: 0 | 1
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[]
    }[]
  }): Promise<{
    readonly responses: readonly {
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
    }[]
  }>
  produce(
    request: ProducerIdentity & {
      /** Absent: outside of transactions. */
      readonly transactionalId?: string
      /** All in-sync replicas. */
      readonly acks: -1
      readonly compression: number
      readonly topicData: readonly {
        readonly topic: string
        readonly partitions: readonly {
          readonly partition: number
          readonly firstSequence: number
          readonly messages: readonly Message[]
        }[]
      }[]
    },
  ): Promise<{
    readonly topics: readonly {
      readonly partitions: readonly { readonly partition: number; readonly baseOffset: string }[]
    }[]
  }>
  /** For transactions by their coordinator, which fences off who had the id; else by any broker, and the timeout is of nothing. */
  initProducerId(request: {
    readonly transactionalId?: string
    readonly transactionTimeout: number
  }): Promise<ProducerIdentity>
  addPartitionsToTxn(
    request: Transactional & {
      readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
    },
  ): Promise<unknown>
  addOffsetsToTxn(request: Transactional & { readonly groupId: string }): Promise<unknown>
  /** By the coordinator of the group. */
  txnOffsetCommit(
    request: Transactional & {
      readonly groupId: string
      readonly topics: readonly {
        readonly topic: string
        readonly partitions: readonly {
          readonly partition: number
          readonly offset: string
          readonly metadata: string
        }[]
      }[]
    },
  ): Promise<unknown>
  endTxn(
    request: Transactional & {
      /** True: commit. */
      readonly transactionResult: boolean
    },
  ): Promise<unknown>
  joinGroup(request: {
    readonly groupId: string
    readonly sessionTimeout: number
    readonly rebalanceTimeout: number
    /** Empty for a new one: then one is given. */
    readonly memberId: string
    readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[]
  }): Promise<{
    readonly generationId: number
    readonly leaderId: string
    readonly memberId: string
    /** For the leader alone. */
    readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[]
  }>
  syncGroup(request: {
    readonly groupId: string
    readonly generationId: number
    readonly memberId: string
    readonly groupAssignment: readonly {
      readonly memberId: string
      readonly memberAssignment: Buffer
    }[]
  }): Promise<{ readonly memberAssignment: Buffer }>
  heartbeat(request: {
    readonly groupId: string
    readonly groupGenerationId: number
    readonly memberId: string
  }): Promise<unknown>
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>
}

type Transactional = ProducerIdentity & { readonly transactionalId: string }

/** By which brokers know a producer, and with it what they have from it. */
export interface ProducerIdentity {
  readonly producerId: string
  readonly producerEpoch: number
}

export interface FetchedPartition {
  readonly partition: number
  readonly highWatermark: string
  readonly lastStableOffset: string
  readonly abortedTransactions:
    | readonly { readonly producerId: string; readonly firstOffset: string }[]
    | null
  readonly messages: readonly RawMessage[]
}

export interface RawMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>
  readonly isControlRecord: boolean
  readonly batchContext: {
    readonly firstOffset: string
    readonly lastOffsetDelta: number
    readonly producerId: string
    readonly inTransaction: boolean
  }
}

/** Short waits, many times: an outage of a minute is sat out where nobody asks again. */
const retry: RetryOptions = { initialRetryTime: 5, maxRetryTime: 1000, factor: 0.2, retries: 60 }

export async function loadDriver(connection: KafkaConnection, logger: Logger): Promise<Driver> {
  const loaded = await loadKafka(connection, retry, logger)
  const { kafka, config, compression } = loaded
  const require = createRequire(import.meta.url)
  // The constructor is that of kafkajs's own consumers and producers, with their options.
  const ClusterClass = require('kafkajs/src/cluster') as new (
    options: object,
  ) => Omit<Cluster, 'cut'>
  return {
    admin: () => kafka.admin(),
    reader: ({ groupId, sessionTimeoutMs }) =>
      kafka.consumer({
        groupId,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: Math.max(sessionTimeoutMs, 60_000),
        heartbeatInterval: Math.floor(sessionTimeoutMs / 6),
        allowAutoTopicCreation: false,
        maxWaitTimeInMs: 500, // Joining waits for it.
        maxBytesPerPartition: 16 << 20,
        maxBytes: 32 << 20,
      }),
    cluster: ({ requestTimeoutMs } = {}) => {
      const sockets = createSockets(loaded.sockets.open)
      const cluster = new ClusterClass({
        ...config,
        ...(requestTimeoutMs !== undefined && { requestTimeout: requestTimeoutMs }),
        retry: { ...retry, retries: 0 },
        logger: kafka.logger(),
        socketFactory: sockets.open,
        enforceRequestTimeout: true,
        metadataMaxAge: 300_000,
        allowAutoTopicCreation: false,
        maxInFlightRequests: null,
        isolationLevel: 1,
      })
      return Object.assign(cluster, { cut: sockets.cut })
    },
    groupProtocol: loaded.groupProtocol,
    compression,
    close: loaded.close,
  }
}
