import type { DatabaseSync } from 'node:sqlite'
import type { StoredRecord, TopicOptions } from '../contracts.ts'
import { KubewitnessError } from '../errors.ts'
import { applyChange, type Change, isProgressOnly, topicOf } from './changes.ts'
import { createCheckpoints } from './checkpoints.ts'
import { type OnLost, sweepStep } from './retention.ts'
import { countBytes } from './sqlite-protocol.ts'
import { SqliteStore } from './sqlite-store.ts'
import { isSyncFailure, storeError } from './store-error.ts'
import type { Cursor } from './topic-store.ts'

/** What became of a change. */
export type Result = { readonly value: Cursor | undefined } | { readonly error: KubewitnessError }

/** The only writer of a store. Everything it does is done when it returns. */
export interface SqliteWriter {
  /**
   * Carries out the changes in one transaction, in order, and answers for each. What one change is refused for does not
   * touch the others; when the transaction fails, each is tried in one of its own. Throws when a sync failed: then it
   * is unknown what the disk holds, and nothing may be written after it. Where all of them only move cursors and save state,
   * there is no sync, which would keep appends waiting: after a power cut such a reader may be a little further back.
   */
  apply(changes: readonly Change[]): readonly Result[]
  /** The committed records of a topic that came opened, since it was last asked, and where the topic ends. */
  takeFresh(topic: string): { readonly records: readonly StoredRecord[]; readonly end: number }
  /** One short transaction of retention. True when there is more to do. Throws `log.full` or `log.failed`. */
  sweepStep(nowMs: number): boolean
  /** Records lost unread, by topic, since it was last asked. */
  takeLosses(): Readonly<Record<string, number>>
  /** Moves the write-ahead log into the store when it has grown enough; `all` also cuts it to nothing. */
  checkpoint(mode: 'due' | 'all'): void
  close(): void
}

/** `with the next`: written, so that it outlives the process, and synced with whatever is synced after it. */
type Durability = 'now' | 'with the next'

/**
 * Of the transactions to come. The write-ahead log is one file that is written in its order, so that a sync takes with it
 * what came before, and a power cut takes the end of what was not synced, whole transactions (SQLite, "PRAGMA synchronous").
 */
function durabilitySwitch(db: DatabaseSync): (durability: Durability) => void {
  let current: Durability = 'now' // As `openForWriting` leaves it.
  return (durability) => {
    if (durability === current) return
    db.exec(`PRAGMA synchronous = ${durability === 'now' ? 'FULL' : 'NORMAL'}`)
    current = durability
  }
}

/** Makes the topics that are not there yet. `onLost` is told of losses when they are committed. */
export function createSqliteWriter(
  db: DatabaseSync,
  topics: Readonly<Record<string, TopicOptions>>,
  onLost: OnLost,
): SqliteWriter {
  const stores = new Map(
    Object.entries(topics).map(([name, options]) => [name, new SqliteStore(db, name, options)]),
  )
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const checkpoints = createCheckpoints(db)
  const durable = durabilitySwitch(db)
  const losses = new Map<string, number>()

  /** Runs the action in a transaction; when anything throws, nothing has happened. */
  const transaction = <T>(durability: Durability, action: (lost: OnLost) => T): T => {
    const lost: [topic: string, records: number][] = []
    durable(durability)
    begin.run()
    try {
      const result = action((topic, records) => lost.push([topic, records]))
      for (const store of stores.values()) store.save()
      commit.run()
      for (const [topic, records] of lost) {
        losses.set(topic, (losses.get(topic) ?? 0) + records)
        onLost(topic, records)
      }
      return result
    } catch (error) {
      // Some errors have ended the transaction already.
      if (db.isTransaction) db.exec('ROLLBACK')
      for (const store of stores.values()) store.load()
      throw error
    }
  }
  const applyOne = (change: Change, lost: OnLost): Result => {
    try {
      return { value: applyChange(stores, change, lost) }
    } catch (error) {
      if (error instanceof KubewitnessError) return { error }
      throw error
    }
  }
  const apply = (changes: readonly Change[]): readonly Result[] => {
    try {
      const durability = changes.every(isProgressOnly) ? 'with the next' : 'now'
      return transaction(durability, (lost) => changes.map((change) => applyOne(change, lost)))
    } catch (error) {
      if (isSyncFailure(error)) throw error
      if (changes.length > 1) return changes.flatMap((change) => apply([change]))
      return [{ error: storeError('writing to the store', error) }]
    }
  }

  return {
    apply: (changes) => {
      for (const change of changes) {
        if (change.kind === 'write') checkpoints.written(countBytes(change))
      }
      return apply(changes)
    },
    sweepStep: (nowMs) => {
      try {
        return transaction('now', (lost) =>
          [...stores.values()].map((store) => sweepStep(store, nowMs, lost)).includes(true),
        )
      } catch (error) {
        if (isSyncFailure(error)) throw error
        throw storeError('applying retention to the store', error)
      }
    },
    takeFresh: (topic) => {
      const store = topicOf(stores, topic)
      return { records: store.takeFresh(), end: store.nextOffset }
    },
    takeLosses: () => {
      const taken = Object.fromEntries(losses)
      losses.clear()
      return taken
    },
    checkpoint: checkpoints.run,
    close: () => {
      checkpoints.run('all')
      db.close()
    },
  }
}
