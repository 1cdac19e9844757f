import { setTimeout as wait } from 'node:timers/promises'
import type { Logger, StateChange } from '../../contracts.ts'
import { messageOf } from '../../errors.ts'
import { stoppedError } from '../store-error.ts'
import { isFenced, kafkaError } from './kafka-error.ts'
import { type Message, toMessage } from './messages.ts'
import type { Place } from './names.ts'
import { type Cursor, encodeCursor, readSaved, type Saved, savedKeys } from './saved.ts'
import { createTransactions, type TopicMessages, type TransactionOptions } from './transactions.ts'

/** One atomic step of a group in a partition. */
export interface Step {
  /** Cursor to write. */
  readonly offset: number
  readonly produced: readonly TopicMessages[]
  readonly changes: readonly StateChange[]
  readonly keyChunks: ReadonlyMap<string, Buffer>
  /** A replay: the epoch grows, and what was saved goes. */
  readonly isReplay?: true
}

/** `lost`: another process has taken the partition over; nothing of the step was stored. */
export type StepResult = 'stored' | 'lost'

/** Saves a group's progress in one partition. One for each place in the process, whoever reads there. */
export interface Committer {
  /** As of the last step, or of the last `acquire`. */
  readonly cursor: Cursor | undefined
  /** How often this process has acquired the place: what somebody read before the last time is another's. */
  readonly term: number
  /** It was so a moment ago: Kafka may not have the group's offset yet. */
  readonly isRecent: boolean
  /** Takes the place over from whoever had it, and reads what is saved there. Tries until the signal aborts, which rejects. */
  acquire(signal: AbortSignal): Promise<Saved>
  /** The saved state if nothing was committed since it was acquired; else it is read again. */
  saved(): Promise<Saved>
  /** One step at a time. Waits while the brokers are away; throws when the log stops. */
  commit(step: (cursor: Cursor | undefined) => Step | undefined): Promise<StepResult>
  close(): Promise<void>
}

export interface CommitterOptions extends TransactionOptions {
  readonly logger: Logger
  readonly nowMs: () => number
  /** Of this process, and no other's. */
  readonly writer: string
  /** Aborts when the log stops. */
  readonly stopping: AbortSignal
}

const recentMs = 5000

/**
 * Every step is one transaction of Kafka: what was produced, the changes of the state, the keys had lately, the cursor as a
 * record beside them, and the same cursor as the group's offset, where Kafka's own tools look for it. The transactional id
 * is the place's: who takes a place over fences off whoever had it, also one that was only away for a while, and ends what
 * it had begun. A step whose answer was lost is looked for by its number before it is tried again.
 */
export function createCommitter(place: Place, options: CommitterOptions): Committer {
  const { fetcher, names, logger, stopping, writer } = options
  const statePartition = names.statePartition(place)
  const keys = savedKeys(place)
  const transactions = createTransactions(place, options)
  let cursor: Cursor | undefined
  let term = 0
  let known: Saved | undefined
  let storedMs = Number.NEGATIVE_INFINITY
  let turn: Promise<unknown> = Promise.resolve()

  const inTurn = <T>(action: () => Promise<T>): Promise<T> => {
    const done = turn.then(action)
    turn = done.catch(() => undefined)
    return done
  }
  const read = async (): Promise<Saved> => {
    known = await readSaved(fetcher, names, place)
    cursor = known.cursor
    return known
  }

  const takeOver = async (signal: AbortSignal): Promise<void> => {
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted() // It may be another's by now.
      try {
        return await transactions.fence()
      } catch (error) {
        await pause('Taking a partition over failed; it is tried again', error, attempt)
      }
    }
  }

  /** Waits before the next attempt; throws when there is to be none. */
  const pause = async (message: string, error: unknown, attempt: number): Promise<void> => {
    transactions.drop()
    if (stopping.aborted) throw stoppedError()
    const failure = kafkaError('saving progress', error)
    if (!failure.retryable) throw failure
    logger.warn(message, { ...place, error: messageOf(error) })
    await wait(Math.min(50 * 2 ** attempt, 2000), undefined, { signal: stopping }).catch(() => {
      throw stoppedError()
    })
  }

  const messagesOf = (step: Step, next: Cursor, gone: readonly string[]): Message[] => {
    const timeMs = options.nowMs()
    const message = (key: string, value: Uint8Array | null): Message =>
      toMessage(key, value, statePartition, timeMs)
    return [
      ...gone.map((key) => message(key, null)),
      ...step.changes.map(({ key, value }) => message(keys.state(key), value ?? null)),
      ...[...step.keyChunks].map(([chunk, value]) => message(keys.keyChunk(chunk), value)),
      message(keys.cursor, encodeCursor(next)),
    ]
  }

  const run = async (step: Step): Promise<StepResult> => {
    const gone = step.isReplay ? await savedBefore() : []
    const next: Cursor = {
      offset: step.offset,
      epoch: (cursor?.epoch ?? 0) + (step.isReplay && cursor !== undefined ? 1 : 0),
      step: (cursor?.step ?? 0) + 1,
      writer,
    }
    const state = { topic: names.stateTopic, messages: messagesOf(step, next, gone) }
    for (let attempt = 0; ; attempt++) {
      try {
        const isFirst = attempt === 0 && transactions.isOpen
        const outcome = isFirst ? 'missing' : await outcomeOf(next)
        if (outcome === 'stored') break
        if (outcome === 'lost') return outcome
        await transactions.send([...step.produced, state], step.offset)
        break
      } catch (error) {
        if (isFenced(error)) {
          transactions.drop()
          logger.warn('A partition is read by another process now', { ...place })
          return 'lost'
        }
        await pause('Saving progress failed; it is tried again', error, attempt)
      }
    }
    cursor = next
    storedMs = performance.now()
    known = undefined
    return 'stored'
  }

  const outcomeOf = async (next: Cursor): Promise<StepResult | 'missing'> => {
    await transactions.fence()
    const stored = (await readSaved(fetcher, names, place)).cursor
    if ((stored?.step ?? 0) === next.step - 1) return 'missing'
    return stored?.step === next.step && stored.writer === writer ? 'stored' : 'lost'
  }

  const savedBefore = async (): Promise<string[]> => {
    const { state, keyChunks } = await read()
    return [...[...state.keys()].map(keys.state), ...[...keyChunks.keys()].map(keys.keyChunk)]
  }

  return {
    get cursor() {
      return cursor
    },
    get term() {
      return term
    },
    get isRecent() {
      return performance.now() - storedMs < recentMs
    },
    acquire: (signal) =>
      inTurn(async () => {
        await takeOver(signal)
        term += 1
        return read()
      }),
    saved: () => inTurn(async () => known ?? readSaved(fetcher, names, place)),
    commit: (make) =>
      inTurn(async () => {
        if (stopping.aborted) throw stoppedError()
        const step = make(cursor)
        return step === undefined ? 'stored' : run(step)
      }),
    close: () => inTurn(async () => transactions.drop()),
  }
}
