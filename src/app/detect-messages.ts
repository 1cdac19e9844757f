import type { Labels, MetricName } from '../contracts.ts'
import type { AlertingOptions } from '../detect/episode/alerting.ts'
import type { PlainError } from '../log/store-error.ts'
import type { RuleFeed } from '../policy/seen.ts'
import type { LogAccess } from './log-access.ts'
import type { RuleOrder, RuleSource } from './rule-set.ts'

/** What a detecting thread is started with: it loads the rules and waits for `take`. */
export interface DetectWorkerData {
  readonly access: LogAccess
  readonly rules: RuleSource
  readonly episodes: AlertingOptions
}

export type ToDetectWorker =
  | { readonly kind: 'take' }
  /** Other rules take over between two deliveries; answered by `loaded` and `running`, or `refused`. */
  | { readonly kind: 'useRules'; readonly rules: RuleSource }
  | { readonly kind: 'stop' }

export type FromDetectWorker =
  /** The rules are compiled, and the store is open. */
  | { readonly kind: 'loaded'; readonly order: RuleOrder; readonly tookMs: number }
  /** They are no rules: what was in use stays, or nothing was begun. */
  | { readonly kind: 'refused'; readonly error: PlainError }
  /** It reads from the cursor on, with these rules. */
  | { readonly kind: 'running'; readonly rules: number }
  /** What the rules need of the stream, in parts, so that no receiver stalls over them. */
  | { readonly kind: 'feeds'; readonly feeds: readonly RuleFeed[]; readonly isLast: boolean }
  | {
      readonly kind: 'measurements'
      readonly adds: readonly Measurement[]
      readonly observations: readonly Measurement[]
      readonly gauges: readonly Measurement[]
    }
  /** What was saved is of no use to these rules. */
  | { readonly kind: 'stateDropped'; readonly part: string; readonly records: number }
  | { readonly kind: 'ruleFailed'; readonly rule: string; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }
  /** It will read no more: what it had begun is committed, and its seat is free. */
  | { readonly kind: 'stopped' }

export interface Measurement {
  readonly name: MetricName
  readonly value: number
  readonly labels?: Labels
}
