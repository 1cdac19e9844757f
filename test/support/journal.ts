import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { SentEvent } from './oracle.ts'

/** What one answer acknowledged. */
export interface JournalEntry {
  readonly cluster: string
  readonly events: readonly SentEvent[]
}

/** A file that only grows, one line an entry. */
export interface Journal {
  /** On the disk when it returns. */
  append(entry: JournalEntry): void
  close(): void
}

/** Opens or goes on with a journal. Blocks while it syncs, on purpose: an obligation counts from then on. */
export function openJournal(path: string): Journal {
  const file = openSync(path, 'a')
  return {
    append: ({ cluster, events }) => {
      const rows = events.map(({ auditID, stage, planted }) => [auditID, stage, planted])
      const line = Buffer.from(`${JSON.stringify([cluster, rows])}\n`)
      for (let written = 0; written < line.length; ) written += writeSync(file, line, written)
      fdatasyncSync(file)
    },
    close: () => closeSync(file),
  }
}

/** The entries of a journal. A last line without its end was torn by a crash, never counted, and is left out. */
export function readJournal(path: string): JournalEntry[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.slice(0, -1).map((line) => {
    // Only `append` writes these lines.
    const [cluster, rows] = JSON.parse(line) as [
      string,
      [string, string, SentEvent['planted'] | null][],
    ]
    const events = rows.map(([auditID, stage, planted]) =>
      planted ? { auditID, stage, planted } : { auditID, stage },
    )
    return { cluster, events }
  })
}
