import type { CorrelationRule, Remembering } from '../../contracts.ts'
import type { RuleMatch } from '../match.ts'

/**
 * What a correlation means here.
 *
 * Observations. An event that matches a rule which the correlation refers to is an observation of it, in every group that
 * its `group-by` fields give: one for each distinct element of an array (for several arrays, each combination; up to 64).
 * Values are scalars, compared as JSON; a name is looked up in the group of the match first when the match is of a
 * correlation, then in the event. A field that is absent, null, an object or an empty array leaves the event out of the rule, and so
 * does a missing `field` of the condition (for `value_sum` and its like: one without a number, or a text written as one).
 * Groups never span clusters. An event is an observation once, by its id; one that matches several of the rules is one
 * observation of all of them.
 *
 * Windows. An event at time t ends the window (t − timespan, t], which holds all observations of its group in there,
 * those of the same microsecond included. A match is an observation at whose time the condition is true of the window
 * that it ends: each one, while it holds. An observation that comes late but in time completes windows of later events
 * as if it had come before them.
 *
 * Requests. Under `count: requests` (the default) only the first of the observations of one request takes part, by time
 * and then stage, and no other until a timespan after it: later stages of a request neither count nor end windows. For the
 * temporal types this is so for each rule by itself. Under `count: events` every observation takes part.
 *
 * Types. `value_count` counts distinct values, element by element, of several fields distinct combinations.
 * `value_sum`, `value_avg`, `value_percentile`, `value_median` are of all values in the window, element by element: sums
 * are exact and rounded once, percentiles are interpolated linearly between the closest ranks (the lowest value is
 * percentile 0, the highest 100). `temporal`: each rule was observed in the window, by one event or by several.
 * `temporal_ordered`: there are distinct events in the window, one for each step in the order of `rules`, their times not
 * decreasing; a rule that is listed twice is two steps; events of equal time may take their steps in any order.
 * An expression in `temporal_ordered` is about the rules of each of its alternatives, in the order of `rules`.
 *
 * Fewer. A condition of `event_count` or `value_count` that has only `lt`, `lte` and `neq` has to be true of every window
 * that holds the event, those that later observations end included: the head and the tail of a burst are not few.
 * All other conditions are about the window that the event ends.
 *
 * Not. In `temporal`, a negated rule must not be observed less than a timespan before or after the event; rules that are
 * not negated are looked for in the window as always. In `temporal_ordered`, a negated rule that is listed after all rules
 * of its alternative that are not negated must not be observed from the time of the event until a timespan later, and the
 * last of these has to be observed at that time; a negated rule that is listed before one of them must not be in the window.
 *
 * When it is told. At once, where nothing that may still come can make it false: `event_count` and `value_count` with
 * `gt` and `gte` only, the temporal types without `not`. Everything else when the watermark has passed the event; `fewer`
 * and `not`, a timespan later.
 *
 * Watermark. Per cluster, the least of the greatest event times of its senders, less the lateness of the rule. A sender
 * from which nothing came for the default lateness, by the receiving times of the others, is left out until it
 * sends again. The watermark never goes back. An observation that is older than it is late: it is counted and left out.
 * A rule over correlations waits for them: its lateness is at least the time in which theirs are told.
 */

/** An event as evidence: what an alert says of it, without holding on to the event. */
export interface EventReference {
  readonly id: string
  readonly auditID: string
  readonly stage: string
  readonly timeUs: number
}

/** What a group is told by: a scalar of JSON. Equal = the same JSON, so that 403 and "403" are two groups. */
export type GroupValue = string | number | boolean

/** A correlation is true of the window that ends with `event`. */
export interface CorrelationMatch {
  readonly rule: CorrelationRule
  readonly cluster: string
  /** By the names of `group-by`, in their order. */
  readonly group: Readonly<Record<string, GroupValue>>
  /** The event that completed it: the last one, in event time, of the window. */
  readonly event: EventReference
  /** The window's last events in event time, up to 50; `count` has them all. Read it before the correlator is called again. */
  readonly events: readonly EventReference[]
  /** Requests or events in the window, as the rule counts. */
  readonly count: number
  /** What was compared with the threshold; absent for temporal types. */
  readonly value?: number
  /** Events of this window or group were given up before: the count may be too low. */
  readonly isCut: boolean
}

/** What has happened to the observations of a rule, and what it remembers by now. */
export interface CorrelationCounts {
  readonly rule: CorrelationRule
  readonly observed: number
  /** Older than the watermark, and left out. */
  readonly late: number
  /** A field of `group-by` or of the condition was missing. */
  readonly incomplete: number
  /** Groups that were given up because there were too many. */
  readonly evicted: number
  /** Entries that were given up because their group had too many. */
  readonly cut: number
  readonly groups: number
  readonly bytes: number
}

/** The windows of all correlations of a rule set. Pure: it reads no clock, and time is that of the events. */
export interface Correlator extends Remembering {
  /**
   * All matches of one event, from one sender of its cluster, in arrival order. Returns what is true by now and was not
   * told before, sorted by rule (in the order given, those that others refer to first), then time and id of the event.
   */
  accept(matches: readonly RuleMatch[], sender: string): readonly CorrelationMatch[]
  /**
   * Every event moves the event time of its sender, matched or not; once for several events at a time will do, with the
   * greatest time of them. `receivedAtMs` is when it came: no event time counts as later than that, and a sender that
   * sends nothing more holds nobody up. A time more than an hour beyond all before counts when a second one confirms it.
   */
  advance(
    cluster: string,
    sender: string,
    timeUs: number,
    receivedAtMs: number,
  ): readonly CorrelationMatch[]
  /**
   * Of a batch of a sender: up to which event time nothing becomes due, here or for what else waits for the watermark to reach
   * `watermarkDueUs`, so that the greatest of the times that follow on each other says all.
   */
  quietUntilUs(cluster: string, sender: string, watermarkDueUs: number): number
  /**
   * So much time has passed at the receiving end since it was last told, while it listened. The clock of a sender from which
   * nothing came meanwhile has gone on as well, from its last event: windows that only waited for time to pass close.
   * It is no time of day, because one after an outage would make all late that the senders kept for us.
   */
  pass(elapsedMs: number): readonly CorrelationMatch[]
  /** The watermark of a cluster under the default lateness, `-Infinity` while there is none; what else waits for time to pass goes by it. */
  watermarkUs(cluster: string): number
  /** Since the last call; `groups` and `bytes` as they are. */
  takeCounts(): readonly CorrelationCounts[]
  /** Those that anything came from. */
  readonly clusters: Iterable<string>
  /** No more events come: every window closes. */
  close(): readonly CorrelationMatch[]
}
