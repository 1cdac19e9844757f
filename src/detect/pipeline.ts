import type { Alert, AuditEvent, EventBatch, Remembering } from '../contracts.ts'
import { type BaselineCounts, type Baselines, createBaselines } from './baseline/baselines.ts'
import type { BatchMatches } from './batch-matches.ts'
import type { CorrelationCounts, CorrelationMatch, Correlator } from './correlate/correlator.ts'
import { type CorrelatorOptions, createCorrelator } from './correlate/create.ts'
import { type Credentials, createCredentials } from './credentials/credentials.ts'
import { type Alerting, type AlertingOptions, createAlerting } from './episode/alerting.ts'
import { createEventTime } from './event-time.ts'
import { fieldsReadBy } from './fields-read.ts'
import { createHeardTime } from './heard-time.ts'
import type { RuleMatch, RuleSet } from './match.ts'

export interface PipelineParts {
  readonly ruleSet: RuleSet
  /** What comes was recorded before: nothing is known of when it was received. */
  readonly isOffline?: boolean
  /** Absent: no rule asks for what is remembered of credentials. */
  readonly credentials?: Credentials | undefined
  /** Absent: no rule has a baseline. */
  readonly baselines?: Baselines | undefined
  readonly correlator: Correlator
  readonly alerting: Alerting
}

/** So seldom, in a stream that flows, is looked for what waits for time to pass in clusters that are silent. */
const passEveryMs = 1000

/** What came out of a step: matches of rules, of correlations, and the alerts that they opened, changed or closed. */
export interface Findings {
  readonly correlations: readonly CorrelationMatch[]
  readonly alerts: readonly Alert[]
}
export interface BatchFindings extends Findings, Pick<BatchMatches, 'decoded' | 'undecodable'> {}

/**
 * From batches to alerts, in one thread and one order. Its output and what its parts remember depend on nothing but the
 * calls: no clock is read, so that a part of the stream that comes again gives the same alerts again.
 */
export interface Pipeline {
  readonly ruleSet: RuleSet
  /** By the prefix of the keys of what they remember. */
  readonly parts: Readonly<Record<string, Remembering>>
  /** `onMatches`: told what matched of each event, of that with a baseline what is out of the ordinary. */
  process(batch: EventBatch, onMatches?: (matches: readonly RuleMatch[]) => void): BatchFindings
  /** Nothing has come for a while, and it is so late. What comes of this is no function of the batches. */
  pass(nowMs: number): Findings
  /** No more events come: everything open is over. */
  close(): Findings
  /** What became of what the parts were given since the last call, and how much they remember. */
  takeCounts(): PipelineCounts
}

export interface PipelineCounts {
  readonly correlations: readonly CorrelationCounts[]
  readonly baselines: readonly BaselineCounts[]
  /** What was known of credentials and had to go for want of room. */
  readonly credentialsForgotten: number
}

export interface PipelineOptions extends CorrelatorOptions {
  readonly episodes: AlertingOptions
  readonly isOffline?: boolean
}

/** The pipeline of a rule set, with nothing remembered yet. */
export function openPipeline(
  ruleSet: RuleSet,
  { episodes, isOffline = false, ...options }: PipelineOptions,
): Pipeline {
  return createPipeline({
    ruleSet,
    credentials: asksForCredentials(ruleSet) ? createCredentials() : undefined,
    baselines: createBaselines(ruleSet.rules, ruleSet.correlations),
    correlator: createCorrelator(ruleSet.correlations, {
      eventRules: ruleSet.rules,
      settings: { latenessUs: episodes.latenessUs },
      ...options,
    }),
    alerting: createAlerting(episodes),
    isOffline,
  })
}

export function createPipeline(parts: PipelineParts): Pipeline {
  const { ruleSet, credentials, baselines, correlator, alerting, isOffline = false } = parts
  const time = createHeardTime(passEveryMs)
  /** Of the step that is being taken. */
  let correlations: CorrelationMatch[] = []
  let alerts: Alert[] = []
  let toldForgotten = 0

  const alert = (matches: readonly (RuleMatch | CorrelationMatch)[], event?: AuditEvent): void => {
    const heard = matches.filter(({ rule }) => !ruleSet.silent.has(rule.id))
    if (heard.length > 0) for (const raised of alerting.accept(heard, event)) alerts.push(raised)
  }
  const tell = (all: readonly CorrelationMatch[], event?: AuditEvent): void => {
    if (all.length === 0) return
    const told = baselines?.keep(all) ?? all
    if (told.length === 0) return
    for (const match of told) correlations.push(match)
    alert(told, event)
  }
  const accept = (matches: readonly RuleMatch[], sender: string): void => {
    const { event } = matches[0]!
    alert(matches, event)
    // Of what was recorded before nobody knows when it came: an event without a time has none.
    if (event.timeUs > 0 || !isOffline) tell(correlator.accept(matches, sender), event)
  }
  const settle = (cluster: string): void => {
    const watermarkUs = correlator.watermarkUs(cluster)
    for (const raised of alerting.advance(cluster, watermarkUs)) alerts.push(raised)
  }
  const pass = (elapsedMs: number): void => {
    if (elapsedMs === 0) return
    tell(correlator.pass(elapsedMs))
    for (const cluster of correlator.clusters) settle(cluster)
  }
  const take = (): Findings => {
    const findings = { correlations, alerts }
    correlations = []
    alerts = []
    return findings
  }

  const eventTime = createEventTime(({ cluster, sender, timeUs, receivedAtMs, event }) => {
    tell(correlator.advance(cluster, sender, timeUs, receivedAtMs), event)
    settle(cluster)
    return correlator.quietUntilUs(cluster, sender, alerting.nextDueUs(cluster))
  })

  return {
    ruleSet,
    parts: {
      'heard/': time,
      ...(credentials && { 'credentials/': credentials }),
      ...(baselines && { 'baseline/': baselines }),
      'correlation/': correlator,
      'episode/': alerting,
    },
    process: (batch, onMatches) => {
      const { sender, index } = batch
      const receivedAtMs = isOffline ? Number.POSITIVE_INFINITY : batch.receivedAtMs
      if (!isOffline) pass(time.hear(receivedAtMs))
      const all = ruleSet.open(batch, credentials)
      eventTime.open(batch, receivedAtMs)
      for (let item = 0; item < index.count; item++) {
        const found = all.of(item)
        const matches = found.length === 0 ? found : (baselines?.keep(found) ?? found)
        if (matches.length > 0) {
          eventTime.catchUp()
          accept(matches, sender)
          onMatches?.(matches)
        }
        const event = matches[0]?.event
        eventTime.reach(index.timesUs[item]! || (event?.timeUs ?? 0), event)
      }
      eventTime.catchUp()
      const { decoded, undecodable } = all
      return { decoded, undecodable, ...take() }
    },
    pass: (nowMs) => {
      pass(time.hear(nowMs))
      return take()
    },
    takeCounts: () => {
      const forgotten = credentials?.forgotten ?? 0
      const credentialsForgotten = forgotten - toldForgotten
      toldForgotten = forgotten
      return {
        correlations: correlator.takeCounts(),
        baselines: baselines?.takeCounts() ?? [],
        credentialsForgotten,
      }
    },
    close: () => {
      tell(correlator.close())
      for (const raised of alerting.close()) alerts.push(raised)
      return take()
    },
  }
}

function asksForCredentials({ rules, correlations }: RuleSet): boolean {
  return [rules, correlations].some((some) =>
    some.some((rule) => fieldsReadBy(rule).some((field) => field.startsWith('credential.'))),
  )
}
