import type { LogRecord, StoredRecord } from '../contracts.ts'

/**
 * What is known of the records behind the cursor that are not committed yet: which are settled, with the dead letter of
 * those that need one. No larger than one delivery.
 */
export interface Window {
  /** To be told of each delivery first: one that begins elsewhere (after a commit or a replay) starts anew. */
  begin(records: readonly StoredRecord[]): void
  isSettled(record: StoredRecord): boolean
  settle(record: StoredRecord, deadLetter?: LogRecord): void
  deadLetters(): LogRecord[]
  /** After a commit: a replay may bring the same records again, and then they are to be written again. */
  clear(): void
}

export function createWindow(): Window {
  let firstOffset = -1
  const deadLetterByOffset = new Map<number, LogRecord | undefined>()
  const startAt = (offset: number): void => {
    firstOffset = offset
    deadLetterByOffset.clear()
  }
  return {
    begin: (records) => {
      const offset = records[0]?.position.offset ?? -1
      if (offset !== firstOffset) startAt(offset)
    },
    clear: () => startAt(-1),
    isSettled: (record) => deadLetterByOffset.has(record.position.offset),
    settle: (record, deadLetter) => {
      deadLetterByOffset.set(record.position.offset, deadLetter)
    },
    deadLetters: () =>
      [...deadLetterByOffset.values()].filter(
        (letter): letter is LogRecord => letter !== undefined,
      ),
  }
}
