import type { IHeaders } from 'kafkajs'
import { clusterNameSchema } from '../cluster-name.ts'
import type { KafkaSourceConfig } from './config.ts'

/** The cluster that a message is of: as its header says, else as the configuration. */
export function clusterOf(
  headers: IHeaders | undefined,
  { cluster, clusterHeader }: Pick<KafkaSourceConfig, 'cluster' | 'clusterHeader'>,
): string {
  const value = clusterHeader === undefined ? undefined : headers?.[clusterHeader]
  const first = Array.isArray(value) ? value[0] : value
  const name = clusterNameSchema.safeParse(first?.toString('utf8'))
  return name.success ? name.data : cluster
}
