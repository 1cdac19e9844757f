import type { TopicOptions } from '../../src/contracts.ts'

/** A topic that keeps everything, each key once. */
export const keepAll: TopicOptions = {
  uniqueKeys: true,
  maxAgeMs: 1e12,
  maxBytes: 1e12,
  protectedGroups: [],
}
