import { afterEach, beforeEach } from 'vitest'
import type { Delivery, Log, Produce, StartAt, TopicOptions } from '../../src/contracts.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'

export interface LogUnderTest {
  readonly log: Log
  /** Ends the process, so to speak, and opens what it stored. */
  reopen(): Promise<Log>
  remove(): Promise<void>
}

export type MakeLog = (options: {
  readonly clock: FakeClock
  readonly topics: Readonly<Record<string, TopicOptions>>
}) => Promise<LogUnderTest>

export const hourMs = 3_600_000
export const always = new AbortController().signal
export const allAtOnce = { maxRecords: 1000, maxBytes: 1_000_000 }
export const oneByOne = { maxRecords: 1, maxBytes: 1_000_000 }

export const topics: Readonly<Record<string, TopicOptions>> = {
  events: { uniqueKeys: true, maxAgeMs: hourMs, maxBytes: 1000, protectedGroups: ['detect'] },
  alerts: { uniqueKeys: false, maxAgeMs: hourMs, maxBytes: 1000, protectedGroups: [] },
}

export function produce(topic: string, ...keys: string[]): Produce {
  return { topic, records: keys.map((key) => ({ key, value: Buffer.from(`value of ${key}`) })) }
}

export function keysOf(records: readonly { readonly key: string }[]): string[] {
  return records.map(({ key }) => key)
}

/** What is stored in a topic, oldest first. */
export async function storedKeys(log: Log, topic: string): Promise<string[]> {
  return keysOf(await log.browse(topic, { order: 'oldest', limit: 10_000 }))
}

/** The next `count` deliveries of a group; commits them if told so, then leaves the group. */
export async function take(
  log: Log,
  options: {
    readonly count: number
    readonly topic?: string
    readonly group?: string
    readonly startAt?: StartAt
    readonly limits?: typeof allAtOnce
    readonly commit?: boolean
  },
): Promise<Delivery[]> {
  const { topic = 'events', group = 'detect', startAt = 'earliest', limits = oneByOne } = options
  const deliveries: Delivery[] = []
  for await (const delivery of log.read(topic, group, startAt, limits, always)) {
    deliveries.push(delivery)
    if (options.commit === true) await delivery.commit()
    if (deliveries.length === options.count) break
  }
  return deliveries
}

export async function cursorOf(
  log: Log,
  group: string,
  topic = 'events',
): Promise<number | undefined> {
  return (await log.status()).find((status) => status.topic === topic)?.cursors[group]
}

/** A new log for each test: what it has is that of the test at work. */
export interface TestedLog {
  readonly clock: FakeClock
  readonly log: Log
  readonly made: LogUnderTest
}

/** Makes a log with the common topics before each test of this `describe`, and removes it behind it. */
export function logOfTests(makeLog: MakeLog): TestedLog {
  let clock: FakeClock
  let made: LogUnderTest
  beforeEach(async () => {
    clock = createFakeClock()
    made = await makeLog({ clock, topics })
  })
  afterEach(() => made.remove())
  return {
    get clock() {
      return clock
    },
    get log() {
      return made.log
    },
    get made() {
      return made
    },
  }
}
