import type { Component } from './service.ts'
import type { Remembering } from './state.ts'

/** One per item, in the order given. Only the sink knows which failures are worth repeating. */
export type Outcome =
  | { readonly status: 'delivered' }
  /** There was nothing to tell of it: done with, and no sign that the other side works. */
  | { readonly status: 'skipped' }
  | {
      readonly status: 'retry'
      readonly error: Error
      readonly afterMs?: number
      /** It was not tried, or the other side was too busy to look at it: no failure of this item. */
      readonly isBlameless?: true
    }
  | { readonly status: 'rejected'; readonly error: Error }

export interface SinkLimits {
  readonly maxItems: number
  readonly maxBytes: number
  /** How long the oldest item may wait for company. */
  readonly lingerMs: number
}

/** Writes batches somewhere; what is written together is one notification where a sink makes notifications. `write` never throws for what the world does: it returns one Outcome per item. Only `deliver` repeats. `start` may be called again when it has rejected. */
export interface Sink<T> extends Component {
  readonly limits: SinkLimits
  /**
   * What it remembers from write to write, such as where it has posted what. Saved in the step that moves the cursor, given
   * back before the first write, and again, with nothing, after a replay.
   */
  readonly memory?: Remembering
  write(batch: readonly T[], signal: AbortSignal): Promise<readonly Outcome[]>
}
