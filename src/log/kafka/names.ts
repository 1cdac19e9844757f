import { KubewitnessError } from '../../errors.ts'

/** The topics of a log in Kafka: their names there begin with a prefix, and one more holds cursors and state. */
export interface Names {
  readonly kafkaTopic: (topic: string) => string
  readonly stateTopic: string
  readonly groupId: (topic: string, group: string) => string
  /** The group of a group id that is ours; undefined for those of others. */
  readonly groupOf: (topic: string, groupId: string) => string | undefined
  readonly partitionsOf: (topic: string) => number
  /** Partitioned topics have a partition of the state topic beside each of theirs; all others share the last one. */
  readonly statePartition: (place: Place) => number
  readonly statePartitions: number
  /** The last partition of the state topic: of what belongs to no partition of another. */
  readonly commonStatePartition: number
}

/** Where a group reads: it has a cursor and a state for each partition. */
export interface Place {
  readonly topic: string
  readonly group: string
  readonly partition: number
}

export function createNames(prefix: string, partitions: Readonly<Record<string, number>>): Names {
  const most = Math.max(...Object.values(partitions))
  const groupPrefix = (topic: string): string => `${prefix}.${topic}.`
  const partitionsOf = (topic: string): number => {
    const count = partitions[topic]
    if (count !== undefined) return count
    throw new KubewitnessError('log.failed', `using the topic ${topic}: it was not declared`, {
      next: 'report this as a bug',
    })
  }
  return {
    kafkaTopic: (topic) => `${prefix}.${topic}`,
    stateTopic: `${prefix}.state`,
    groupId: (topic, group) => groupPrefix(topic) + group,
    groupOf: (topic, groupId) =>
      groupId.startsWith(groupPrefix(topic)) ? groupId.slice(groupPrefix(topic).length) : undefined,
    partitionsOf,
    statePartition: ({ topic, partition }) => (partitionsOf(topic) > 1 ? partition : most),
    statePartitions: most + 1,
    commonStatePartition: most,
  }
}

/*
 * A log's offsets grow within a topic, Kafka's within a partition. A record's offset is Kafka's, times the number of
 * partitions, plus the number of its own: which is Kafka's where there is one partition.
 */
export function toLogOffset(offset: number, partition: number, partitions: number): number {
  return offset * partitions + partition
}

/** The first offset of a partition whose offset in the log is at least that. */
export function fromLogOffset(logOffset: number, partition: number, partitions: number): number {
  return Math.max(0, Math.ceil((logOffset - partition) / partitions))
}
