import { z } from 'zod'
import { kafkaConnectionShape } from '../../util/kafka/connection.ts'

const topicsSchema = z
  .strictObject({
    partitions: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .describe(
        'Partitions of the events, each detected by one process at a time. Cannot be changed afterwards.',
      ),
    partitionBy: z
      .enum(['cluster', 'actor'])
      .default('cluster')
      .describe(
        'What stays together in a partition. `actor` spreads one cluster over several processes, of which none sees what another has: docs/kafka.md says what that misses.',
      ),
    replicationFactor: z.int().min(1).max(10).default(3).describe('Brokers that keep each record.'),
    minInSyncReplicas: z
      .int()
      .min(1)
      .max(10)
      .optional()
      .describe(
        'Brokers that have to have a record before it is acknowledged; 2 if not given, or 1 with one replica.',
      ),
    create: z.boolean().default(true).describe('Make topics that are not there.'),
  })
  .prefault({})

/** What the log in Kafka is configured with, beside its retention. */
export const kafkaLogShape = {
  type: z.literal('kafka').describe('Kept in Kafka, for any number of processes.'),
  ...kafkaConnectionShape,
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/, 'up to 100 letters, digits, dots, dashes and underscores')
    .default('kubewitness')
    .describe('Begins the names of topics, groups and transactional ids.'),
  topics: topicsSchema,
  compression: z
    .enum(['none', 'gzip', 'zstd'])
    .default('zstd')
    .describe(
      'Of what is sent to the brokers, but events: their batches are compressed with zstd before.',
    ),
  sessionTimeoutMs: z
    .int()
    .min(1000)
    .max(300_000)
    .default(10_000)
    .describe('A process that is silent for so long loses its partitions to others.'),
}

const kafkaLogSchema = z.strictObject(kafkaLogShape)

export type KafkaLogConfig = z.output<typeof kafkaLogSchema>
