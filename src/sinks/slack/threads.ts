import { z } from 'zod'
import type { Remembering } from '../../contracts.ts'
import { createSavedMap } from '../../util/saved-map.ts'

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
  const threads = createSavedMap(prefix, (json) => threadSchema.safeParse(json).data)
  const forgetOldestIf = (isTooMuch: (thread: Thread) => boolean): void => {
    for (let oldest = threads.oldest(); oldest !== undefined; oldest = threads.oldest()) {
      if (!isTooMuch(oldest[1])) return
      threads.delete(oldest[0])
    }
  }
  return {
    get: threads.get,
    forget: threads.delete,
    put: (alert, thread) => {
      threads.put(alert, thread)
      forgetOldestIf(() => threads.size > maxThreads)
    },
    forgetOlderThan: (atMs) => forgetOldestIf((thread) => thread.atMs < atMs),
    restore: threads.restore,
    takeChanges: threads.takeChanges,
  }
}
