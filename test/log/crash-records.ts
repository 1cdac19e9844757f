import type { LogRecord, TopicOptions } from '../../src/contracts.ts'
import { keepAll } from '../support/keep-all.ts'

/** What the process to be killed writes to: the same record goes to `events` and `twins` together, and from `events` to `copies`. */
export const crashTopics: Readonly<Record<string, TopicOptions>> = {
  events: keepAll,
  twins: { ...keepAll, uniqueKeys: false },
  copies: { ...keepAll, uniqueKeys: false },
}

/** The record of a number: up to 40 KB, all of it told by the number. */
export function recordOf(number: number): LogRecord {
  const value = new Uint8Array((number * 7919) % 40_000).fill(number % 251)
  return { key: String(number), value }
}
