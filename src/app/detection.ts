import type {
  Alert,
  Clock,
  Delivery,
  Log,
  LogRecord,
  MetricName,
  RejectedItem,
  StoredRecord,
} from '../contracts.ts'
import { ruleName } from '../detect/alert.ts'
import { createEpisodes, type EpisodeOptions, type Episodes } from '../detect/episode/episodes.ts'
import { eventTimeUs } from '../detect/episode/observation.ts'
import type { RuleMatch, RuleSet } from '../detect/match.ts'
import { release } from '../util/release.ts'
import { rejectedRecords, undecodableItem } from './rejects.ts'
import { openBatch } from './stored-batch.ts'
import { alertsTopic, detectGroup, eventsTopic, rejectedTopic } from './topics.ts'

export interface DetectionOptions {
  readonly log: Log
  readonly clock: Clock
  /** Asked once per delivery, so that a reload takes effect between two of them. */
  readonly ruleSet: () => RuleSet
  readonly episodes: EpisodeOptions
  readonly count: (
    name: MetricName,
    value: number,
    labels?: Readonly<Record<string, string>>,
  ) => void
  readonly observe: (name: MetricName, value: number) => void
}

/** Nothing came for so long: what is over by the clock is told. */
const idleAfterMs = 1_000

/**
 * Reads the topic `events` as the group `detect`, evaluates every event once, and commits the alerts together with the
 * cursor and the open episodes: after a crash the same records come again and give the same alerts, which the log stores
 * once by key. Resolves when the signal aborts; rejects only when the log fails.
 */
export async function runDetection(options: DetectionOptions, signal: AbortSignal): Promise<void> {
  const { log } = options
  const limits = { maxRecords: 32, maxBytes: 4 << 20, idleAfterMs }
  let detection: Detection | undefined
  for await (const delivery of log.read(eventsTopic, detectGroup, 'earliest', limits, signal)) {
    if (detection?.epoch !== delivery.epoch) detection = await begin(options, delivery.epoch)
    await evaluate(delivery, options, detection)
  }
}

/** What a group remembers, until it is set back. */
interface Detection {
  readonly epoch: number
  readonly episodes: Episodes
}

async function begin(options: DetectionOptions, epoch: number): Promise<Detection> {
  const episodes = createEpisodes({
    ...options.episodes,
    onLeftOut: (what, rule) => options.count(`kubewitness_episodes_${what}_total`, 1, { rule }),
  })
  episodes.restore(await options.log.readState(eventsTopic, detectGroup, 'episode/'))
  return { epoch, episodes }
}

async function evaluate(
  delivery: Delivery,
  options: DetectionOptions,
  { episodes }: Detection,
): Promise<void> {
  const { clock } = options
  const ruleSet = options.ruleSet()
  const alerts: Alert[] = []
  const rejected: RejectedItem[] = []
  for (const record of delivery.records)
    evaluateRecord(record, ruleSet, episodes, { alerts, rejected }, options)
  if (delivery.records.length === 0)
    alerts.push(...episodes.advanceAll(clock.nowMs() * 1000 - options.episodes.latenessUs))
  countAlerts(alerts, options)
  if (delivery.records.length === 0 && alerts.length === 0) return
  await delivery.commit(
    [
      ...(alerts.length === 0 ? [] : [{ topic: alertsTopic, records: alerts.map(alertRecord) }]),
      ...(rejected.length === 0
        ? []
        : [{ topic: rejectedTopic, records: rejectedRecords(rejected) }]),
    ],
    episodes.takeChanges(),
  )
  const nowMs = clock.nowMs()
  for (const record of delivery.records)
    options.observe('kubewitness_alert_latency_seconds', (nowMs - record.appendedAtMs) / 1000)
}

function evaluateRecord(
  record: StoredRecord,
  ruleSet: RuleSet,
  episodes: Episodes,
  { alerts, rejected }: { readonly alerts: Alert[]; readonly rejected: RejectedItem[] },
  { count, episodes: { latenessUs } }: DetectionOptions,
): void {
  const batch = openBatch(record)
  const result = ruleSet.matchBatch(batch)
  count('kubewitness_events_evaluated_total', batch.index.count)
  count('kubewitness_events_decoded_total', result.decoded)
  for (const { item, error } of result.undecodable) {
    rejected.push(undecodableItem(batch, item, error))
    count('kubewitness_events_rejected_total', 1, {
      cluster: batch.cluster,
      reason: 'invalid_json',
    })
  }
  for (const { rule } of result.matches)
    count('kubewitness_matches_total', 1, { rule: ruleName(rule) })
  alerts.push(...episodes.accept(result.matches))
  alerts.push(...episodes.advance(batch.cluster, latestUs(result.matches) - latenessUs))
  release(batch.bytes)
}

/** When the latest of the events was. */
export function latestUs(matches: readonly RuleMatch[]): number {
  return matches.reduce((latest, { event }) => Math.max(latest, eventTimeUs(event)), 0)
}

function countAlerts(alerts: readonly Alert[], { count }: DetectionOptions): void {
  for (const { rule, status } of alerts)
    if (status === 'open')
      count('kubewitness_alerts_total', 1, { rule: rule.name, level: rule.level })
}

/** An alert as it is stored: one record a revision, once. */
export function alertRecord(alert: Alert): LogRecord {
  return { key: `${alert.id}:${alert.revision}`, value: Buffer.from(JSON.stringify(alert)) }
}
