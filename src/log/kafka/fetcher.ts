import { KubewitnessError, messageOf } from '../../errors.ts'
import type { Broker, Cluster, FetchedPartition, RawMessage } from './driver.ts'
import { createLeaders } from './leaders.ts'

/** Records of one partition from an offset on. Control records and those of aborted transactions are left out. */
export interface FetchedRecords {
  readonly messages: readonly RawMessage[]
  /** Where to go on: behind everything that was looked at. */
  readonly nextOffset: number
}

export interface FetchRequest {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly maxBytes: number
  /** How long the broker may wait for a first record. */
  readonly maxWaitMs: number
}

/** First offset, and the end: what is behind it is not committed yet. */
export interface Bounds {
  readonly first: number
  readonly next: number
}

/**
 * Reads partitions at offsets that it is told, which kafkajs's consumers do not do: they read as a group, from the group's
 * place on. One connection to each broker; requests on it are answered in turn, so a wait of one holds up the next.
 */
export interface Fetcher {
  fetch(request: FetchRequest): Promise<FetchedRecords>
  bounds(topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, Bounds>>
  /** The end with what is not committed yet. */
  highWatermark(topic: string, partition: number): Promise<number>
  /** Offset of the first record of at least that time; undefined if there is none. */
  offsetAt(topic: string, partition: number, timeMs: number): Promise<number | undefined>
  /** At once: what waits for an answer fails. */
  close(): void
}

const earliest = -2
const latest = -1

export function createFetcher(cluster: Cluster): Fetcher {
  const leaders = createLeaders(cluster)

  const ask = async <T>(
    topic: string,
    partition: number,
    request: (broker: Broker) => Promise<T>,
  ): Promise<T> => {
    try {
      return await leaders.ask(topic, partition, request, isOutOfRange)
    } catch (error) {
      throw isOutOfRange(error) ? error : readError(topic, error)
    }
  }

  const listOffset = async (
    topic: string,
    partition: number,
    timestamp: number,
    isolationLevel: 0 | 1,
  ): Promise<number> => {
    const { responses } = await ask(topic, partition, (broker) =>
      broker.listOffsets({
        replicaId: -1,
        isolationLevel,
        topics: [{ topic, partitions: [{ partition, timestamp }] }],
      }),
    )
    return Number(responses[0]?.partitions[0]?.offset)
  }

  const bounds = async (topic: string, partition: number): Promise<Bounds> => {
    const [first, next] = await Promise.all([
      listOffset(topic, partition, earliest, 1),
      listOffset(topic, partition, latest, 1),
    ])
    return { first, next: Math.max(first, next) }
  }

  return {
    fetch: async ({ topic, partition, offset, maxBytes, maxWaitMs }) => {
      const { responses } = await ask(topic, partition, (broker) =>
        broker.fetch({
          replicaId: -1,
          isolationLevel: 1,
          maxWaitTime: maxWaitMs,
          minBytes: 1,
          maxBytes,
          topics: [
            {
              topic,
              partitions: [
                { partition, currentLeaderEpoch: -1, fetchOffset: String(offset), maxBytes },
              ],
            },
          ],
        }),
      )
      const fetched = responses[0]?.partitions[0]
      return fetched === undefined ? { messages: [], nextOffset: offset } : read(fetched, offset)
    },
    bounds: async (topic, partitions) => {
      const all = await Promise.all(
        partitions.map(async (partition) => [partition, await bounds(topic, partition)] as const),
      )
      return new Map(all)
    },
    highWatermark: (topic, partition) => listOffset(topic, partition, latest, 0),
    offsetAt: async (topic, partition, timeMs) => {
      const offset = await listOffset(topic, partition, Math.max(0, Math.ceil(timeMs)), 1)
      return offset < 0 ? undefined : offset
    },
    close: leaders.close,
  }
}

/** The broker has nothing at this offset: retention has taken it, or the log was cut. */
export function isOutOfRange(error: unknown): boolean {
  return error instanceof Error && 'type' in error && error.type === 'OFFSET_OUT_OF_RANGE'
}

function read(fetched: FetchedPartition, offset: number): FetchedRecords {
  const behind = fetched.messages.reduce((max, { offset: own, batchContext }) => {
    const batchEnd = Number(batchContext.firstOffset) + batchContext.lastOffsetDelta
    return Math.max(max, Number(own) + 1, batchEnd + 1)
  }, offset)
  // A batch that compaction has emptied holds its place and says nothing else: step over it.
  const isStuck = behind === offset && offset < Number(fetched.lastStableOffset)
  return {
    messages: withoutAborted(fetched).filter(
      (message) => !message.isControlRecord && Number(message.offset) >= offset,
    ),
    nextOffset: isStuck ? offset + 1 : behind,
  }
}

const abortMarker = Buffer.from([0, 0, 0, 0])

/** The broker lists what was aborted by producer and first offset; a control record ends each. */
function withoutAborted({
  messages,
  abortedTransactions,
}: FetchedPartition): readonly RawMessage[] {
  if (abortedTransactions === null || abortedTransactions.length === 0) return messages
  const coming = abortedTransactions.toSorted(
    (a, b) => Number(a.firstOffset) - Number(b.firstOffset),
  )
  const open = new Set<string>()
  return messages.filter((message) => {
    while (coming[0] !== undefined && Number(coming[0].firstOffset) <= Number(message.offset))
      open.add(coming.shift()!.producerId)
    const { producerId, inTransaction } = message.batchContext
    if (message.isControlRecord) {
      if (message.key?.equals(abortMarker)) open.delete(producerId)
      return false
    }
    return !(inTransaction && open.has(producerId))
  })
}

function readError(topic: string, cause: unknown): KubewitnessError {
  return new KubewitnessError('log.failed', `reading ${topic} (${messageOf(cause)})`, {
    retryable: true,
    retryAfterMs: 1000,
    next: 'see that the brokers are up and that the user may read the topic',
    cause,
  })
}
