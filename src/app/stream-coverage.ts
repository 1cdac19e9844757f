import { decodeItem } from '../audit/event.ts'
import type { EventBatch, Logger, Metrics } from '../contracts.ts'
import { createStreamSample, type RuleFeed, type StreamSample } from '../policy/seen.ts'
import type { ClusterCoverage } from '../web/coverage.ts'

/** What the stream shows of the audit policies that feed it; says once of each rule that it is blind. */
export interface StreamCoverage {
  /** Looks at one event in about a hundred, the first of a cluster among them; of a cluster that is well known at one in a thousand. */
  received(batch: EventBatch): void
  /** Begins again, with these rules. */
  useRules(feeds: readonly RuleFeed[]): void
  clusters(): readonly ClusterCoverage[]
}

/** Primes: batches of equal size and order hide no event for good. */
const eventsPerSample = 101
const eventsPerLaterSample = 1009
/** What a sample shows costs as much as all else that is done for forty events before they are answered. */
const samplesOfNews = 1000
const samplesPerReport = 16

interface Cluster {
  readonly sample: StreamSample
  /** Events until the next that is looked at, counted from the beginning of the next batch. */
  untilNext: number
  sampled: number
  unreported: number
  blind: ReadonlySet<string>
}

/** Until it is told of rules, it knows of none. */
export function createStreamCoverage({
  metrics,
  logger,
}: {
  readonly metrics: Metrics
  readonly logger: Logger
}): StreamCoverage {
  let feeds: readonly RuleFeed[] = []
  const clusters = new Map<string, Cluster>()
  const clusterOf = (name: string): Cluster => {
    const cluster = clusters.get(name) ?? {
      sample: createStreamSample(feeds),
      untilNext: 0,
      sampled: 0,
      unreported: 0,
      blind: new Set<string>(),
    }
    clusters.set(name, cluster)
    return cluster
  }
  return {
    received: (batch) => {
      const cluster = clusterOf(batch.cluster)
      let item = cluster.untilNext
      while (item < batch.index.count) {
        addItem(cluster.sample, batch, item)
        cluster.sampled += 1
        cluster.unreported += 1
        item += cluster.sampled < samplesOfNews ? eventsPerSample : eventsPerLaterSample
      }
      cluster.untilNext = item - batch.index.count
      if (cluster.unreported < samplesPerReport) return
      cluster.unreported = 0
      cluster.blind = announce(batch.cluster, cluster, metrics, logger)
    },
    useRules: (next) => {
      feeds = next
      for (const [name, { blind }] of clusters)
        for (const rule of blind) metrics.set('kubewitness_rule_blind', 0, { cluster: name, rule })
      clusters.clear()
    },
    clusters: () => [...clusters].map(([cluster, { sample }]) => ({ cluster, ...sample.seen() })),
  }
}

function addItem(sample: StreamSample, batch: EventBatch, item: number): void {
  try {
    sample.add(decodeItem(batch, item))
  } catch {
    // What cannot be decoded is kept aside where every event is looked at.
  }
}

/** Tells what has become blind, and what no longer is. */
function announce(
  name: string,
  { sample, blind: before }: Cluster,
  metrics: Metrics,
  logger: Logger,
): ReadonlySet<string> {
  const { blind } = sample.seen()
  for (const { rule, because } of blind) {
    if (before.has(rule)) continue
    metrics.set('kubewitness_rule_blind', 1, { cluster: name, rule: rule })
    logger.warn('Rule is blind by what the stream shows of the audit policy', {
      cluster: name,
      rule: rule,
      because,
    })
  }
  const now = new Set(blind.map(({ rule }) => rule))
  for (const rule of before)
    if (!now.has(rule)) metrics.set('kubewitness_rule_blind', 0, { cluster: name, rule })
  return now
}
