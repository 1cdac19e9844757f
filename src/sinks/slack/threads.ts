import { z } from 'zod'
import type { Remembering, StateChange } from '../../contracts.ts'
import { RecencyMap } from '../../util/recency-map.ts'

const threadSchema = z.strictObject({
  channel: z.string(),
  /** What Slack calls the time of a message: its id in the channel. */
  ts: z.string(),
  /** The message speaks of other alerts, too: it cannot be edited for the sake of one. */
  isShared: z.boolean(),
  atMs: z.number(),
})

/** The message under which an alert was first told. */
export type Thread = Readonly<z.output<typeof threadSchema>>

/** Where the alerts that are open have been told, by their ids. */
export interface Threads extends Remembering {
  get(alert: string): Thread | undefined
  put(alert: string, thread: Thread): void
  forget(alert: string): void
  /** Of alerts whose end never came. */
  forgetOlderThan(atMs: number): void
}

const prefix = 'sink/thread/'

export function createThreads(maxThreads = 20_000): Threads {
  const threads = new RecencyMap<string, Thread>()
  const changed = new Set<string>()
  const forget = (alert: string): void => {
    if (threads.delete(alert)) changed.add(alert)
  }
  return {
    get: (alert) => threads.get(alert),
    forget,
    put: (alert, thread) => {
      threads.put(alert, thread)
      changed.add(alert)
      const oldest = threads.oldest()
      if (threads.size > maxThreads && oldest !== undefined) forget(oldest[0])
    },
    forgetOlderThan: (atMs) => {
      for (let oldest = threads.oldest(); oldest !== undefined; oldest = threads.oldest()) {
        if (oldest[1].atMs >= atMs) return
        forget(oldest[0])
      }
    },
    restore: (records) => {
      for (const [alert] of threads.entries()) threads.delete(alert)
      changed.clear()
      for (const { key, value } of records) {
        const alert = key.slice(prefix.length)
        const thread = parseThread(value)
        if (thread === undefined) changed.add(alert)
        else threads.put(alert, thread)
      }
    },
    takeChanges: () => {
      const changes = [...changed].map((alert): StateChange => {
        const thread = threads.get(alert)
        return { key: `${prefix}${alert}`, value: thread && Buffer.from(JSON.stringify(thread)) }
      })
      changed.clear()
      return changes
    },
  }
}

function parseThread(value: Uint8Array): Thread | undefined {
  try {
    return threadSchema.safeParse(JSON.parse(Buffer.from(value).toString('utf8'))).data
  } catch {
    return undefined
  }
}
