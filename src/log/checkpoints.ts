import type { DatabaseSync } from 'node:sqlite'

const mebibyte = 1024 * 1024
/** A checkpoint costs two syncs, so it waits until it is worth them. After a crash so much is read again. */
const dueBytes = 16 * mebibyte
/** From here on writing waits for the readers, so that the write-ahead log can begin anew. */
const tooLargeBytes = 64 * mebibyte
const waitForReadersMs = 500
const usualWaitMs = 5000
/** What a transaction writes besides its values: rows of totals and cursors, index pages, rounding up to pages. */
const overheadBytes = 32 * 1024

/** Keeps the write-ahead log short. */
export interface Checkpoints {
  /** A transaction with so many bytes of values was written, more or less. */
  written(bytes: number): void
  /** Never throws: what could not be moved into the store now stays in the write-ahead log, as durable as before. */
  run(mode: 'due' | 'all'): void
}

/**
 * A checkpoint copies the write-ahead log into the store as far as no reader still needs the old pages; the log begins
 * anew once it is copied whole and nobody reads from it. Readers come and go, so that moment may never come by itself:
 * past a size the writer waits for it, which is short, because all our reads are.
 */
export function createCheckpoints(db: DatabaseSync): Checkpoints {
  let sinceLast = 0
  const attempt = (mode: 'PASSIVE' | 'RESTART' | 'TRUNCATE'): number => {
    try {
      db.exec(`PRAGMA busy_timeout = ${waitForReadersMs}`)
      const row = db.prepare(`PRAGMA wal_checkpoint(${mode})`).get()
      return Number(row?.['log'])
    } catch {
      return 0 // No room in the store's file, most likely. Appends find out for themselves.
    } finally {
      db.exec(`PRAGMA busy_timeout = ${usualWaitMs}`)
    }
  }
  const pageBytes = Number(db.prepare('PRAGMA page_size').get()?.['page_size'])
  return {
    written: (bytes) => {
      sinceLast += bytes + overheadBytes
    },
    run: (mode) => {
      if (mode === 'all') attempt('TRUNCATE')
      if (mode === 'due') {
        if (sinceLast < dueBytes) return
        if (attempt('PASSIVE') * pageBytes > tooLargeBytes) attempt('RESTART')
      }
      sinceLast = 0
    },
  }
}
