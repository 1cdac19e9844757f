import type { StateChange, StateRecord } from '../../contracts.ts'
import { decodeJson, encodeJson } from './kept.ts'

/** How far each cluster has come. Asked and moved with every event, unlike what `Kept` is for. */
export interface Watermarks {
  /** 0 while nothing is known. */
  of(cluster: string): number
  /** False when it has been there before: a watermark never goes back. */
  move(cluster: string, timeUs: number): boolean
  takeChanges(): StateChange[]
  restore(records: readonly StateRecord[]): void
}

export function createWatermarks(prefix: string): Watermarks {
  const timeByCluster = new Map<string, number>()
  const moved = new Set<string>()
  const of = (cluster: string): number => timeByCluster.get(cluster) ?? 0
  return {
    of,
    move: (cluster, timeUs) => {
      if (timeUs <= of(cluster)) return false
      timeByCluster.set(cluster, timeUs)
      moved.add(cluster)
      return true
    },
    takeChanges: () => {
      const changes = [...moved].map((cluster) => ({
        key: prefix + cluster,
        value: encodeJson(of(cluster)),
      }))
      moved.clear()
      return changes
    },
    restore: (records) => {
      // Written by `takeChanges`.
      for (const { key, value } of records)
        timeByCluster.set(key.slice(prefix.length), decodeJson(value) as number)
    },
  }
}
