import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Labels, MetricName, Metrics } from '../contracts.ts'

interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  readonly buckets?: readonly number[]
}

const latencyBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30]

/** Every metric there is. `npm test` compares this table with `docs/metrics.md`. */
export const metricTable = {
  kubewitness_build_info: {
    kind: 'gauge',
    help: '1, labelled with the version.',
    labels: ['version'],
  },
  kubewitness_role: {
    kind: 'gauge',
    help: '1 for each role that runs in this process (`serve --roles`), 0 for the others.',
    labels: ['role'],
  },
  kubewitness_requests_total: {
    kind: 'counter',
    help: 'Answers of the webhook listener.',
    labels: ['cluster', 'code'],
  },
  kubewitness_request_bytes_total: {
    kind: 'counter',
    help: 'Body bytes received, decompressed.',
    labels: ['cluster'],
  },
  kubewitness_request_duration_seconds: {
    kind: 'histogram',
    help: 'From the last byte of a body to its answer.',
    labels: ['cluster'],
    buckets: latencyBuckets,
  },
  kubewitness_requests_in_flight_bytes: {
    kind: 'gauge',
    help: 'Body bytes held in memory.',
    labels: [],
  },
  kubewitness_source_messages_total: {
    kind: 'counter',
    help: 'Messages of a Kafka source that were made durable.',
    labels: ['source'],
  },
  kubewitness_events_received_total: {
    kind: 'counter',
    help: 'Events made durable; a batch that was sent twice counts once more.',
    labels: ['cluster'],
  },
  kubewitness_events_rejected_total: {
    kind: 'counter',
    help: 'Items that could not be decoded and were kept aside.',
    labels: ['cluster', 'reason'],
  },
  kubewitness_events_dropped_total: {
    kind: 'counter',
    help: 'Events lost; there is no other way to lose one.',
    labels: ['reason'],
  },
  kubewitness_redactions_total: {
    kind: 'counter',
    help: 'Values taken out before anything was stored.',
    labels: ['kind'],
  },
  kubewitness_events_evaluated_total: {
    kind: 'counter',
    help: 'Events that the rules have seen.',
    labels: [],
  },
  kubewitness_events_decoded_total: {
    kind: 'counter',
    help: 'Events that some rule could match by the index, and were decoded.',
    labels: [],
  },
  kubewitness_matches_total: {
    kind: 'counter',
    help: 'Matches of rules on events.',
    labels: ['rule'],
  },
  kubewitness_alerts_total: {
    kind: 'counter',
    help: 'Alerts opened; a repeat of the same alert counts once more.',
    labels: ['rule', 'level'],
  },
  kubewitness_episodes_evicted_total: {
    kind: 'counter',
    help: 'Alerts closed because more were open than are kept.',
    labels: ['rule'],
  },
  kubewitness_episodes_suppressed_total: {
    kind: 'counter',
    help: 'Matches that opened no alert, by the `suppress` of their rule.',
    labels: ['rule'],
  },
  kubewitness_correlation_observations_total: {
    kind: 'counter',
    help: 'Matches that a correlation was given: observed, late (older than the watermark, left out), incomplete (without a field of the rule, left out).',
    labels: ['rule', 'outcome'],
  },
  kubewitness_correlation_evicted_total: {
    kind: 'counter',
    help: 'What a correlation gave up for want of room: groups, or entries of a group that has too many. Alerts that follow say that their window was cut.',
    labels: ['rule', 'what'],
  },
  kubewitness_correlation_groups: {
    kind: 'gauge',
    help: 'Groups that a correlation remembers.',
    labels: ['rule'],
  },
  kubewitness_correlation_bytes: {
    kind: 'gauge',
    help: 'Memory that the windows of a correlation take, about.',
    labels: ['rule'],
  },
  kubewitness_baseline_evicted_total: {
    kind: 'counter',
    help: 'What a baseline gave up for want of room: keys (actors, classes), which begin to learn anew, or values of a key that has too many.',
    labels: ['rule', 'what'],
  },
  kubewitness_baseline_keys: {
    kind: 'gauge',
    help: 'Actors, or classes of actors, that a baseline knows.',
    labels: ['rule'],
  },
  kubewitness_baseline_bytes: {
    kind: 'gauge',
    help: 'Memory that what a baseline has learnt takes, about.',
    labels: ['rule'],
  },
  kubewitness_credentials_forgotten_total: {
    kind: 'counter',
    help: 'Holders of credentials, addresses and issued tokens that were given up for want of room; what comes of them next is taken for new.',
    labels: [],
  },
  kubewitness_state_saved_records_total: {
    kind: 'counter',
    help: 'Records of what the parts of detection remember that were saved, or removed, with the cursor.',
    labels: ['part'],
  },
  kubewitness_state_saved_bytes_total: {
    kind: 'counter',
    help: 'Bytes of those records.',
    labels: ['part'],
  },
  kubewitness_state_dropped_records_total: {
    kind: 'counter',
    help: 'Saved records that could not be used again: their rules are gone or mean something else, or another version wrote them.',
    labels: ['part'],
  },
  kubewitness_alert_latency_seconds: {
    kind: 'histogram',
    help: 'From the arrival of a body to its alerts being durable.',
    labels: [],
    buckets: latencyBuckets,
  },
  kubewitness_rules_loaded: { kind: 'gauge', help: 'Rules in use.', labels: [] },
  kubewitness_rule_disabled: {
    kind: 'gauge',
    help: '1 for a rule that failed and was switched off.',
    labels: ['rule'],
  },
  kubewitness_rule_blind: {
    kind: 'gauge',
    help: '1 for a rule that the audit policy of a cluster does not feed, as far as a sample of its events shows.',
    labels: ['cluster', 'rule'],
  },
  kubewitness_reloads_total: {
    kind: 'counter',
    help: 'Reloads of rules and tokens.',
    labels: ['outcome'],
  },
  kubewitness_topic_records: { kind: 'gauge', help: 'Records stored.', labels: ['topic'] },
  kubewitness_topic_bytes: { kind: 'gauge', help: 'Bytes stored.', labels: ['topic'] },
  kubewitness_topic_lag_records: {
    kind: 'gauge',
    help: 'Records that a group has yet to read. NaN, as the two above, while the log does not say.',
    labels: ['topic', 'group'],
  },
  kubewitness_apiserver_scrapes_total: {
    kind: 'counter',
    help: 'Times that the metrics of API servers were read (`apiServers`): done, failed.',
    labels: ['cluster', 'outcome'],
  },
  kubewitness_apiserver_events_lost_total: {
    kind: 'counter',
    help: 'Audit events that API servers say they gave up.',
    labels: ['cluster'],
  },
  kubewitness_apiserver_events_missing: {
    kind: 'gauge',
    help: 'Audit events that API servers made, do not say they lost, and that have not come; those under way among them.',
    labels: ['cluster'],
  },
  kubewitness_sink_deliveries_total: {
    kind: 'counter',
    help: 'Items by outcome: delivered, rejected, skipped (on purpose: the next metric says why).',
    labels: ['sink', 'outcome'],
  },
  kubewitness_notifications_suppressed_total: {
    kind: 'counter',
    help: 'Revisions of alerts that a sink was not told of: level (below its minimum level), route (no route leads there), silenced, inhibited, superseded (a later revision was told instead), expired (retention took it while it waited for its group), no_news (it has only grown, and the sink tells what is new).',
    labels: ['sink', 'reason'],
  },
  kubewitness_silences: {
    kind: 'gauge',
    help: 'Silences that are known: pending, active, expired.',
    labels: ['state'],
  },
  kubewitness_sink_retries_total: {
    kind: 'counter',
    help: 'Attempts that were repeated.',
    labels: ['sink'],
  },
  kubewitness_sink_dead_letters_total: {
    kind: 'counter',
    help: 'Items put into the dead-letter topic.',
    labels: ['sink'],
  },
  kubewitness_sink_up: {
    kind: 'gauge',
    help: '1 when the last write was taken.',
    labels: ['sink'],
  },
} as const satisfies Record<MetricName, MetricDefinition>

/** Metrics over a registry of their own. `text()` is the Prometheus exposition. */
export interface MetricsRegistry extends Metrics {
  text(): Promise<string>
}

/** An unknown name or label is a bug and throws. */
export function createMetrics(options: { readonly withProcessMetrics: boolean }): MetricsRegistry {
  const registry = new Registry()
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  const definitions: Readonly<Record<string, MetricDefinition>> = metricTable
  for (const [name, definition] of Object.entries(definitions)) {
    const common = {
      name,
      help: definition.help,
      labelNames: [...definition.labels],
      registers: [registry],
    }
    if (definition.kind === 'counter') counters.set(name, new Counter(common))
    else if (definition.kind === 'gauge') gauges.set(name, new Gauge(common))
    else
      histograms.set(
        name,
        new Histogram({ ...common, buckets: [...(definition.buckets ?? latencyBuckets)] }),
      )
  }
  if (options.withProcessMetrics) collectDefaultMetrics({ register: registry })
  return {
    add: (name, value, labels: Labels = {}) => known(counters, name).inc({ ...labels }, value),
    set: (name, value, labels: Labels = {}) => known(gauges, name).set({ ...labels }, value),
    observe: (name, value, labels: Labels = {}) =>
      known(histograms, name).observe({ ...labels }, value),
    text: () => registry.metrics(),
  }
}

function known<T>(table: ReadonlyMap<string, T>, name: string): T {
  const metric = table.get(name)
  if (metric === undefined) throw new Error(`no such metric: ${name}`)
  return metric
}
