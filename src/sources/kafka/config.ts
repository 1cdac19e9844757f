import { z } from 'zod'
import { clusterNameSchema } from '../cluster-name.ts'

/** An entry of `kafkaSources`, without what says how brokers are reached. */
export const kafkaSourceShape = {
  name: clusterNameSchema.describe('Names the source in metrics and diagnostics.'),
  topics: z
    .array(z.string().min(1))
    .min(1)
    .describe('Topics whose messages are EventLists, single events, or events a line.'),
  group: z
    .string()
    .min(1)
    .default('kubewitness')
    .describe('Consumer group; its offsets say how far the source has come.'),
  from: z
    .enum(['earliest', 'latest'])
    .default('earliest')
    .describe('Where a group begins that has no offsets yet.'),
  cluster: clusterNameSchema.describe(
    'Name of the cluster that the events are of, or of those whose message does not say.',
  ),
  clusterHeader: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Header of a message that names the cluster, if it is a name that a cluster may have.',
    ),
  sessionTimeoutMs: z
    .int()
    .min(1000)
    .max(300_000)
    .default(30_000)
    .describe('A process that is silent for so long loses its partitions to others.'),
}

const kafkaSourceSchema = z.strictObject(kafkaSourceShape)

export type KafkaSourceConfig = z.output<typeof kafkaSourceSchema>
