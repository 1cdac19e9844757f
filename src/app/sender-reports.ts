import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Clock, Log } from '../contracts.ts'
import { sendersTopic } from './topics.ts'

/** What came from one sender since the process that received it reported before. */
export interface Heard {
  readonly cluster: string
  readonly sender: string
  lastMs: number
  events: number
  /** Of these, requests that the API server made to itself. */
  own: number
}

/** What all processes that receive have heard: each adds what it heard itself, and all read the same, in the same order. */
export interface SenderReports {
  /** Resolves when it is durable. */
  add(heard: readonly Heard[], signal: AbortSignal): Promise<void>
  /** What is new since the last call, of this process too; at the first, what was heard in the hour before. */
  read(): Promise<readonly Heard[]>
}

const pageRecords = 500
const historyMs = 3_600_000

const reportSchema = z.object({
  version: z.literal(1),
  heard: z.array(
    z.object({
      cluster: z.string(),
      sender: z.string(),
      lastMs: z.number(),
      events: z.number(),
      own: z.number(),
    }),
  ),
})

export function createSenderReports({
  log,
  clock,
}: {
  readonly log: Log
  readonly clock: Pick<Clock, 'nowMs'>
}): SenderReports {
  const process = randomUUID()
  const fromMs = clock.nowMs() - historyMs
  let reports = 0
  let lastOffset: number | undefined

  return {
    add: async (heard, signal) => {
      if (heard.length === 0) return
      const value = Buffer.from(JSON.stringify({ version: 1, heard }))
      const records = [{ key: `${process}:${reports}`, value }]
      await log.append([{ topic: sendersTopic, records }], signal)
      reports += 1
    },
    read: async () => {
      const heard: Heard[] = []
      let offset = lastOffset
      for (;;) {
        const after = offset === undefined ? { fromMs } : { after: offset }
        const query = { order: 'oldest', limit: pageRecords, ...after } as const
        const records = await log.browse(sendersTopic, query)
        for (const { value } of records) heard.push(...parseReport(value))
        offset = records.at(-1)?.position.offset ?? offset
        if (records.length < pageRecords) break
      }
      lastOffset = offset
      return heard
    },
  }
}

/** Nothing for one of another version. */
function parseReport(value: Uint8Array): readonly Heard[] {
  try {
    return reportSchema.parse(JSON.parse(Buffer.from(value).toString('utf8'))).heard
  } catch {
    return []
  }
}
