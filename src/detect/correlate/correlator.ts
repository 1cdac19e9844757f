import type { CorrelationRule, Remembering } from '../../contracts.ts'
import type { RuleMatch } from '../match.ts'

/** An event as evidence: what an alert says of it, without holding on to the event. */
export interface EventReference {
  readonly id: string
  readonly auditID: string
  readonly stage: string
  readonly timeUs: number
}

/** A correlation is true of the window that ends with `event`. */
export interface CorrelationMatch {
  readonly rule: CorrelationRule
  readonly cluster: string
  /** By the names of `group-by`, in their order. */
  readonly group: Readonly<Record<string, string>>
  /** The event that completed it: the last one, in event time, of the window. */
  readonly event: EventReference
  /** The window's events in event time, up to a bound; `count` has them all. */
  readonly events: readonly EventReference[]
  readonly count: number
  /** What was compared with the threshold; absent for temporal types. */
  readonly value?: number
  /** Events of this window or group were given up before: the count may be too low. */
  readonly isCut: boolean
}

/** The windows of all correlations of a rule set. Pure: it reads no clock, and time is that of the events. */
export interface Correlator extends Remembering {
  /** All matches of one event, from one sender of its cluster, in arrival order. Returns what is true by now and was not told before. */
  accept(matches: readonly RuleMatch[], sender: string): readonly CorrelationMatch[]
  /**
   * Every event moves the event time of its sender, matched or not. `receivedAtMs` is when it came: no event time counts
   * as later than that, and a sender that sends nothing more holds nobody up.
   */
  advance(
    cluster: string,
    sender: string,
    timeUs: number,
    receivedAtMs: number,
  ): readonly CorrelationMatch[]
  /**
   * Nothing has come for a while and it is `nowMs`: what comes from now on happened within the lateness before, or is
   * late. Windows that only waited for time to pass close.
   */
  settle(nowMs: number): readonly CorrelationMatch[]
  /** No more events come: every window closes. */
  close(): readonly CorrelationMatch[]
}
