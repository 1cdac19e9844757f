import { withCredential } from '../audit/event.ts'
import type { TextPool } from '../audit/text-pool.ts'
import type { AuditEvent, EventBatch } from '../contracts.ts'
import { createLiveShape } from '../util/live-shape.ts'
import { BatchEvents } from './batch-events.ts'
import type { Credentials } from './credentials/credentials.ts'
import type { RuleIndex } from './index.ts'
import type { RuleMatch } from './match.ts'
import type { Verdicts } from './verdicts.ts'

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
  /** Absent: every candidate is evaluated. */
  readonly verdicts: Verdicts | undefined
  readonly texts: TextPool
  readonly timeField: string | undefined
  /** The numbers of the candidates that are true of an event of so many bytes. */
  evaluate(event: AuditEvent, eventBytes: number, candidates: readonly number[]): readonly number[]
  /** Whether a rule has not failed since. */
  isInUse(number: number): boolean
  matchesOf(numbers: readonly number[], event: AuditEvent, item: number): readonly RuleMatch[]
}

/** One after the other, each batch in the same object: what is made for each is collected with it. */
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
    const hasStory = event?.credential !== undefined
    const candidates = this.#candidatesOf(item, hasStory)
    if (candidates.length > 0) return this.#evaluate(item, event, hasStory, candidates)
    // Counts it if it is not.
    if (event !== undefined) this.#events.isSound()
    return nothing
  }

  #look(item: number): AuditEvent | undefined {
    const event = this.#events.read(item)
    if (event === undefined) return undefined
    return withCredential(event, this.#credentials?.observe(event, { batch: this.#batch, item }))
  }

  #evaluate(
    item: number,
    looked: AuditEvent | undefined,
    hasStory: boolean,
    candidates: readonly number[],
  ): readonly RuleMatch[] {
    const events = this.#events
    const { evaluate, matchesOf, isInUse, verdicts: all } = this.#parts
    const { cluster, index } = this.#batch
    const verdicts = hasStory ? undefined : all
    const known = verdicts?.find(events.reader, cluster, item, candidates)?.filter(isInUse)
    if (known?.length === 0 && looked === undefined) return nothing
    const event = looked ?? events.read(item)
    if (event === undefined) return nothing
    const found = known ?? evaluate(event, index.ends[item]! - index.starts[item]!, candidates)
    if (!events.isSound()) return nothing
    if (known === undefined) verdicts?.keep(events, cluster, item, candidates, found)
    return found.length === 0 ? nothing : matchesOf(found, event, item)
  }
}

const nothing: readonly RuleMatch[] = []
