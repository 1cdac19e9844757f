import type { Admin } from 'kafkajs'
import type { Names } from './names.ts'

/** Where the groups of a topic go on: by group, and in it by partition; undefined where a group has not begun. */
export type TopicCursors = ReadonlyMap<string, readonly (number | undefined)[]>

/** The cursors of all groups, those of other processes too. */
export interface Cursors {
  of(topic: string): Promise<TopicCursors>
}

/**
 * Asks Kafka for the groups' offsets, which every commit writes beside its own cursor. `own` knows better where this process
 * reads: an offset can be asked for a moment after it was committed, and not have arrived.
 */
export function createCursors(
  admin: Admin,
  names: Names,
  own: (topic: string, group: string, partition: number) => number | undefined,
): Cursors {
  return {
    of: async (topic) => {
      const { groups } = await admin.listGroups()
      const kafkaTopic = names.kafkaTopic(topic)
      const count = names.partitionsOf(topic)
      const found = new Map<string, (number | undefined)[]>()
      await Promise.all(
        groups.map(async ({ groupId }) => {
          const group = names.groupOf(topic, groupId)
          if (group === undefined) return
          const [offsets] = await admin.fetchOffsets({ groupId, topics: [kafkaTopic] })
          const byPartition = Array.from({ length: count }, (_, partition) => {
            const committed = offsets?.partitions.find((entry) => entry.partition === partition)
            const offset = Number(committed?.offset ?? -1)
            return own(topic, group, partition) ?? (offset < 0 ? undefined : offset)
          })
          if (byPartition.some((offset) => offset !== undefined)) found.set(group, byPartition)
        }),
      )
      return found
    },
  }
}
