import type { Alert, Delivery, Log, LogRecord, Outcome, StoredRecord } from '../contracts.ts'
import { decodeAlert } from './alert.ts'
import { refusedLetter, undecodableLetter } from './dead-letter.ts'
import { openSession, type Session, type SessionOptions } from './session.ts'
import { tellGroup } from './tell-group.ts'
import { createWindow } from './window.ts'
import { createWriter, type Item, type WriterOptions } from './write.ts'

export interface SettlerOptions extends WriterOptions, SessionOptions {
  readonly log: Log
  readonly deadLetterTopic: string
}

/** Settles deliveries: every alert of it delivered, passed over, held for its group, or among the dead letters. */
export interface Settler {
  /**
   * Writes what is not settled yet; commits the delivery, with its dead letters and the state, once everything is. Tells
   * the groups whose time has come. Returns the outcomes that ask for a repeat, none when all is done. What it has
   * settled of an uncommitted delivery it does not write again when that delivery comes again, alone or with more
   * behind it.
   */
  settle(delivery: Delivery, signal: AbortSignal): Promise<readonly Outcome[]>
}

interface RecordItem extends Item {
  readonly record: StoredRecord
}

export function createSettler(options: SettlerOptions): Settler {
  const { clock, deadLetterTopic, sink: name } = options
  const window = createWindow()
  const writer = createWriter<Item, Alert>(options, {
    to: options.to,
    keyOf: ({ key }) => key,
    contentOf: ({ alert }) => alert,
    letterOf: ({ alert }, error, nowMs) => refusedLetter(name, alert, error, nowMs),
  })
  /** Of groups, whose records lie behind the cursor. */
  let groupLetters: LogRecord[] = []
  let session: Session | undefined

  const unsettled = (records: readonly StoredRecord[]): RecordItem[] =>
    records.flatMap((record) => {
      if (window.isSettled(record)) return []
      const decoded = decodeAlert(record.value)
      if ('alert' in decoded) return [{ key: record.key, alert: decoded.alert, record }]
      window.settle(record, undecodableLetter(name, record, decoded.reason, clock.nowMs()))
      writer.count('rejected', 1)
      return []
    })

  const tellGroups = async (open: Session, signal: AbortSignal): Promise<readonly Outcome[]> => {
    for (const due of open.groups.due(clock.nowMs())) {
      const { letters, repeats } = await tellGroup(due, open, { ...options, writer }, signal)
      groupLetters.push(...letters)
      if (repeats.length > 0) return repeats
    }
    return []
  }

  const commit = async (delivery: Delivery, { state }: Session): Promise<void> => {
    const letters = [...window.deadLetters(), ...groupLetters]
    const changes = state.unsaved()
    if (delivery.records.length + letters.length + changes.length === 0) return
    const produced = letters.length === 0 ? [] : [{ topic: deadLetterTopic, records: letters }]
    await delivery.commit(produced, changes)
    state.saved()
    window.clear()
    groupLetters = []
  }

  return {
    settle: async (delivery, signal) => {
      // The state of another epoch is gone, and what was known of it with it.
      if (session === undefined || session.epoch !== delivery.epoch) {
        session = await openSession(options, writer, delivery.epoch)
        groupLetters = []
        // What was settled by being held or noted is settled no more.
        window.clear()
      }
      if (session.groups.isFull) {
        const full = await tellGroups(session, signal)
        // Nothing more is held: it waits in the log.
        if (full.length > 0) return full
      }
      window.begin(delivery.records)
      const items = unsettled(delivery.records)
      const { passed, settled } = session.sift(items)
      for (const { record } of settled) window.settle(record)
      const written = await writer.write(passed, signal)
      for (const { item, letter } of written.settled) window.settle(item.record, letter)
      session.told(written.settled.map(({ item }) => item))
      if (written.repeats.length > 0) return written.repeats
      const repeats = await tellGroups(session, signal)
      await commit(delivery, session)
      return repeats
    },
  }
}
