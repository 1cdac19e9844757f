import { withCredential } from '../audit/event.ts'
import type { TextPool } from '../audit/text-pool.ts'
import type { AuditEvent, EventBatch } from '../contracts.ts'
import { createLiveShape } from '../util/live-shape.ts'
import { BatchEvents } from './batch-events.ts'
import type { Credentials } from './credentials/credentials.ts'
import type { RuleIndex } from './index.ts'
import type { RuleMatch } from './match.ts'

/** The rules on the items of one batch, while the batch is gone through once, in order. */
export interface BatchMatches {
  /**
   * Evaluates all rules on an item; decodes of it what rules that can match it ask for. In the order of the rules. Never throws. Whoever
   * keeps a match keeps the event: that of an item behind is the sooner forgotten the cheaper.
   */
  of(item: number): readonly RuleMatch[]
  /** So far: items of which something was decoded: some rule could match them, or their credentials were to be looked at. */
  readonly decoded: number
  readonly undecodable: readonly { readonly item: number; readonly error: unknown }[]
}

export interface MatchingParts {
  readonly index: RuleIndex
  readonly texts: TextPool
  readonly timeField: string | undefined
  /** Those of the candidates that are true of an event of so many bytes. */
  evaluate(
    event: AuditEvent,
    item: number,
    eventBytes: number,
    candidates: readonly number[],
  ): readonly RuleMatch[]
}

/**
 * Batches one after the other, in one object for all of them: V8 throws away what it has compiled for an object that is made for each batch
 * and collected with it.
 */
export class BatchMatching implements BatchMatches {
  readonly #parts: MatchingParts
  readonly #liveShape = createLiveShape<BatchEvents>()
  #batch!: EventBatch
  #events!: BatchEvents
  #candidatesOf!: ReturnType<RuleIndex['open']>
  #credentials: Credentials | undefined
  #isLookNeeded: ((item: number) => boolean) | undefined

  constructor(parts: MatchingParts) {
    this.#parts = parts
  }

  open(batch: EventBatch, credentials: Credentials | undefined): this {
    const { timeField, texts, index } = this.#parts
    this.#batch = batch
    this.#events = this.#liveShape(new BatchEvents(batch, timeField, texts))
    this.#candidatesOf = index.open(batch)
    this.#credentials = credentials
    this.#isLookNeeded = credentials?.open(batch)
    return this
  }

  get decoded(): number {
    return this.#events.count
  }

  get undecodable(): BatchMatches['undecodable'] {
    return this.#events.undecodable
  }

  of(item: number): readonly RuleMatch[] {
    let event: AuditEvent | undefined
    if (this.#isLookNeeded?.(item) === true) {
      event = this.#look(item)
      if (event === undefined) return nothing
    }
    const candidates = this.#candidatesOf(item, event?.credential !== undefined)
    let matches = nothing
    if (candidates.length > 0) {
      event ??= this.#events.read(item)
      if (event === undefined) return nothing
      const { starts, ends } = this.#batch.index
      matches = this.#parts.evaluate(event, item, ends[item]! - starts[item]!, candidates)
    }
    return event === undefined || this.#events.isSound() ? matches : nothing
  }

  #look(item: number): AuditEvent | undefined {
    const event = this.#events.read(item)
    if (event === undefined) return undefined
    return withCredential(event, this.#credentials?.observe(event, { batch: this.#batch, item }))
  }
}

const nothing: readonly RuleMatch[] = []
