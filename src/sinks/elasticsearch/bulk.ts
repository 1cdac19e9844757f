import type { Clock, Outcome } from '../../contracts.ts'
import { blameless, forAll, isMisconfigured, refused, unavailable } from '../outcomes.ts'
import { withTimeout } from '../timeout.ts'
import type { LazyClient } from './client.ts'
import { isOverload, isOverloadedItem, isTooLarge, itemOutcome, requestOutcome } from './faults.ts'
import { faster, firstPace, type PaceLimits, slower } from './pace.ts'
import type { ProductWords, SearchClient } from './product.ts'
import { createSlots } from './slots.ts'

/** One document: its action line and its source, as the lines of a `_bulk` body. */
export interface BulkOperation {
  readonly index: string
  readonly action: string
  readonly document: string
}

export interface BulkWriterOptions<T> {
  readonly sinkName: string
  readonly connection: LazyClient
  readonly words: ProductWords
  readonly clock: Clock
  readonly timeoutMs: number
  readonly limits: PaceLimits
  /** Asked again when an item is written again: what waits is not kept as text. */
  readonly operationOf: (item: T) => BulkOperation
  /** Run before the first document for an index, and again after one was missing: makes sure of its template. */
  readonly prepare: (client: SearchClient, signal: AbortSignal) => Promise<void>
}

export interface BulkWriter<T> {
  /** One outcome for each item, in order. Never throws. May be called again before it has resolved. */
  write(items: readonly T[], signal: AbortSignal): Promise<Outcome[]>
}

/** Indices that are remembered as prepared; beyond it the memory starts anew, which costs a few requests. */
const maxRememberedIndices = 240

/**
 * Writes documents with `_bulk`, in requests no larger and no more at a time than the server takes: both limits fall
 * when it says that it is too much (429, of the whole request or of an item) and grow again while it takes all.
 */
export function createBulkWriter<T>(options: BulkWriterOptions<T>): BulkWriter<T> {
  const { sinkName, connection, words, clock, timeoutMs, limits, operationOf } = options
  const prepared = new Set<string>()
  const slots = createSlots(() => pace.requests)
  let pace = firstPace(limits)
  let takenInARow = 0

  const tookAll = (): void => {
    takenInARow++
    if (takenInARow < pace.requests) return
    takenInARow = 0
    pace = faster(pace, limits)
    slots.changed()
  }
  const tookTooMuch = (): void => {
    takenInARow = 0
    pace = slower(pace)
  }

  const prepareIndices = async (
    client: SearchClient,
    part: Part,
    signal: AbortSignal,
  ): Promise<void> => {
    const unknown = new Set(part.map(({ index }) => index)).difference(prepared)
    if (unknown.size === 0) return
    await withTimeout(clock, timeoutMs, signal, (bounded) => options.prepare(client, bounded))
    if (prepared.size >= maxRememberedIndices) prepared.clear()
    for (const index of unknown) prepared.add(index)
  }

  const request = async (part: Part, signal: AbortSignal): Promise<Outcome[]> => {
    const client = await withTimeout(clock, timeoutMs, signal, connection.get)
    await prepareIndices(client, part, signal)
    const lines = part.flatMap(({ action, document }) => [action, document])
    const answer = await withTimeout(clock, timeoutMs, signal, (bounded) =>
      client.bulk(lines, bounded),
    )
    const items = answer.items ?? []
    if (items.length !== part.length)
      return forAll(part, unavailable(`writing to sink ${sinkName}: the answer is incomplete`))
    const results = items.map((item) => Object.values(item)[0] ?? { status: 500 })
    if (results.some(isOverloadedItem)) tookTooMuch()
    else tookAll()
    return results.map((result, i) => {
      if (result.status === 404) prepared.delete(part[i]!.index)
      return itemOutcome(sinkName, result, words)
    })
  }

  /** Sends one part; a part that is too large for the server goes in halves. */
  const send = async (part: Part, signal: AbortSignal): Promise<Outcome[]> => {
    try {
      return await request(part, signal)
    } catch (error) {
      if (isTooLarge(error)) {
        if (part.length === 1) return [refused(`writing to sink ${sinkName}: too large`)]
        const middle = Math.ceil(part.length / 2)
        const first = await send(part.slice(0, middle), signal)
        return [...first, ...(await send(part.slice(middle), signal))]
      }
      if (isOverload(error)) tookTooMuch()
      const outcome = requestOutcome(sinkName, error, clock.nowMs(), words)
      if (isMisconfigured(outcome)) await connection.discard()
      return forAll(part, outcome)
    }
  }

  /** From a place on as many as fit into a request; one whatever its size. */
  const partOf = (items: readonly T[], start: number): Part => {
    const part: BulkOperation[] = []
    let bytes = 0
    for (const item of items.slice(start, start + limits.maxItems)) {
      const operation = operationOf(item)
      bytes += operation.action.length + Buffer.byteLength(operation.document) + 2
      if (bytes > pace.bytes && part.length > 0) break
      part.push(operation)
    }
    return part
  }

  return {
    write: async (items, signal) => {
      const outcomes: Outcome[] = []
      while (outcomes.length < items.length) {
        await slots.take()
        try {
          const results = await send(partOf(items, outcomes.length), signal)
          outcomes.push(...results)
          // Down, or full: the rest is not tried now.
          const last = results.at(-1)
          if (last !== undefined && results.every(({ status }) => status === 'retry'))
            outcomes.push(...forAll(items.slice(outcomes.length), blameless(last)))
        } finally {
          slots.give()
        }
      }
      return outcomes
    },
  }
}

type Part = readonly BulkOperation[]
