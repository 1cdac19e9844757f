import { z } from 'zod'
import type { TopicOptions } from '../contracts.ts'
import { byteSizeSchema } from './byte-size.ts'
import { kafkaLogShape } from './kafka/config.ts'

const hourMs = 3_600_000
const mebibyte = 1024 ** 2
const gibibyte = 1024 ** 3

/** Retention of one topic: whichever limit is met first takes the oldest records. */
function retentionSchema(what: string, maxAgeHours: number, maxBytes: number) {
  return z
    .strictObject({
      maxAgeHours: z
        .number()
        .positive()
        .default(maxAgeHours)
        .describe(`How long ${what} are kept, in hours.`),
      maxBytes: byteSizeSchema
        .default(maxBytes)
        .describe(`How much room ${what} may take, such as 10GiB, or a number of bytes.`),
    })
    .prefault({})
}

/** Retention of every topic; the defaults by age are the same everywhere, those by bytes depend on the kind of room. */
function retentionByTopicSchema(maxBytes: {
  readonly events: number
  readonly alerts: number
  readonly other: number
}) {
  return z
    .strictObject({
      events: retentionSchema('audit events', 7 * 24, maxBytes.events),
      alerts: retentionSchema('alerts', 90 * 24, maxBytes.alerts),
      rejected: retentionSchema('rejected items', 30 * 24, maxBytes.other),
      deadLetter: retentionSchema('undeliverable items', 30 * 24, maxBytes.other),
    })
    .prefault({})
}

/** The section `log` of the configuration: where records are kept, and for how long. */
export const logConfigSchema = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      type: z.literal('sqlite').default('sqlite').describe('Kept in the data directory.'),
      retention: retentionByTopicSchema({
        events: 10 * gibibyte,
        alerts: 2 * gibibyte,
        other: gibibyte,
      }),
    }),
    z.strictObject({
      type: z.literal('memory').describe('Kept in memory, and gone with the process.'),
      retention: retentionByTopicSchema({
        events: 256 * mebibyte,
        alerts: 64 * mebibyte,
        other: 16 * mebibyte,
      }),
    }),
    z.strictObject({
      ...kafkaLogShape,
      retention: retentionByTopicSchema({
        events: 100 * gibibyte,
        alerts: 10 * gibibyte,
        other: 10 * gibibyte,
      }),
    }),
  ],
  { error: 'the type of the log is sqlite, memory or kafka' },
)

export type LogConfig = z.infer<typeof logConfigSchema>

/** Every topic, where its retention is configured, and whether a repeated key is stored once. */
const topicTable = {
  events: { section: 'events', uniqueKeys: true },
  alerts: { section: 'alerts', uniqueKeys: true },
  rejected: { section: 'rejected', uniqueKeys: true },
  // One item may fail in several sinks, and each failure is kept.
  'dead-letter': { section: 'deadLetter', uniqueKeys: false },
} as const

/** Silences are few, and outlive the longest of them. */
const silences: TopicOptions = {
  uniqueKeys: true,
  maxAgeMs: 400 * 24 * hourMs,
  maxBytes: 16 * mebibyte,
  protectedGroups: [],
}

/** What was heard of senders is of use for hours. */
const senders: TopicOptions = {
  uniqueKeys: true,
  maxAgeMs: 24 * hourMs,
  maxBytes: 64 * mebibyte,
  protectedGroups: [],
}

/**
 * The topics of the log with their retention. What is sent again is recognised for as long as retention keeps the
 * first copy: the retention of `events` is also how late a repeat may come.
 *
 * `protectedGroups` names, by topic, the readers whose unread records retention may not take; `readers` those that lose
 * what it takes unread.
 */
export function topicOptions(
  config: LogConfig,
  protectedGroups: Readonly<Record<string, readonly string[]>>,
  readers: Readonly<Record<string, readonly string[]>> = {},
): Readonly<Record<string, TopicOptions>> {
  const configured = Object.fromEntries(
    Object.entries(topicTable).map(([topic, { section, uniqueKeys }]) => {
      const { maxAgeHours, maxBytes } = config.retention[section]
      const maxAgeMs = maxAgeHours * hourMs
      const known = readers[topic]
      return [
        topic,
        {
          uniqueKeys,
          maxAgeMs,
          maxBytes,
          protectedGroups: protectedGroups[topic] ?? [],
          ...(known && { readers: known }),
        },
      ]
    }),
  )
  return { ...configured, senders, silences }
}
