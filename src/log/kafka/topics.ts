import { setTimeout as wait } from 'node:timers/promises'
import type { Admin, DescribeConfigResponse } from 'kafkajs'
import type { Logger, TopicOptions } from '../../contracts.ts'
import { KubewitnessError } from '../../errors.ts'
import type { TopicConfig } from './driver.ts'
import { kafkaError } from './kafka-error.ts'
import type { Names } from './names.ts'

export interface TopicPlan {
  readonly replicationFactor: number
  readonly minInSyncReplicas?: number | undefined
  /** Absent topics are made; else they are asked for. */
  readonly create: boolean
}

const mebibyte = 1 << 20
/** What one record may take: a request body after compression, or what one part of the engine remembers under one key. */
const maxMessageBytes = 64 * mebibyte
const hourMs = 3_600_000
const knownWithinMs = 30_000

/**
 * How each topic is to be. Retention is the log's own, which knows what may not be lost; Kafka's is switched off. State is
 * compacted: of each key the last value is kept.
 */
export function plannedTopics(
  names: Names,
  topics: Readonly<Record<string, TopicOptions>>,
  plan: TopicPlan,
): TopicConfig[] {
  const common = {
    'max.message.bytes': maxMessageBytes,
    'message.timestamp.type': 'CreateTime',
    'min.insync.replicas': plan.minInSyncReplicas ?? Math.min(2, plan.replicationFactor),
    'unclean.leader.election.enable': false,
  }
  const kept = { ...common, 'cleanup.policy': 'delete', 'retention.ms': -1, 'retention.bytes': -1 }
  const compacted = {
    ...common,
    'cleanup.policy': 'compact',
    'segment.ms': hourMs,
    'segment.bytes': 64 * mebibyte,
    'min.cleanable.dirty.ratio': 0.2,
    'max.compaction.lag.ms': 24 * hourMs,
  }
  return [
    ...Object.entries(topics).map(([topic, { maxBytes }]) => ({
      topic: names.kafkaTopic(topic),
      numPartitions: names.partitionsOf(topic),
      replicationFactor: plan.replicationFactor,
      configEntries: toEntries({
        ...kept,
        // What retention takes leaves the disk segment by segment.
        'segment.bytes': Math.min(
          Math.max(Math.floor(maxBytes / names.partitionsOf(topic) / 16), 16 * mebibyte),
          1024 * mebibyte,
        ),
      }),
    })),
    {
      topic: names.stateTopic,
      numPartitions: names.statePartitions,
      replicationFactor: plan.replicationFactor,
      configEntries: toEntries(compacted),
    },
  ]
}

function toEntries(settings: Readonly<Record<string, string | number | boolean>>) {
  return Object.entries(settings).map(([name, value]) => ({ name, value: String(value) }))
}

/**
 * Makes the topics that are not there, and looks at those that are. Nothing is ever altered: Kafka's AlterConfigs would reset
 * every setting that it is not given. Throws for a topic that would lose or mix up records; of what only costs, it warns.
 */
export async function prepareTopics(
  admin: Admin,
  planned: readonly TopicConfig[],
  plan: TopicPlan,
  logger: Logger,
): Promise<void> {
  const existing = new Set(await admin.listTopics())
  const missing = planned.filter(({ topic }) => !existing.has(topic))
  if (missing.length > 0) await createTopics(admin, missing, plan)
  const old = planned.filter(({ topic }) => existing.has(topic))
  if (old.length > 0) await verifyTopics(admin, old, logger)
}

async function createTopics(
  admin: Admin,
  missing: readonly TopicConfig[],
  plan: TopicPlan,
): Promise<void> {
  if (!plan.create) {
    throw new KubewitnessError(
      'log.failed',
      `opening the log: there is no topic ${missing.map(({ topic }) => topic).join(', ')}`,
      { next: 'make them as docs/kafka.md shows, or set log.topics.create' },
    )
  }
  try {
    await admin.createTopics({ topics: [...missing], waitForLeaders: false })
    await untilKnown(
      admin,
      missing.map(({ topic }) => topic),
    )
  } catch (error) {
    throw kafkaError(`making the topics ${missing.map(({ topic }) => topic).join(', ')}`, error)
  }
}

/** A broker hears of new topics a moment after the one that made them. kafkajs's own wait gives up when it hears of none. */
async function untilKnown(admin: Admin, topics: string[]): Promise<void> {
  const lateAtMs = performance.now() + knownWithinMs
  for (;;) {
    try {
      const found = await admin.fetchTopicMetadata({ topics })
      const partitions = found.topics.flatMap((topic) => topic.partitions)
      if (partitions.every(({ leader }) => leader >= 0)) return
      throw new Error('they have no leaders')
    } catch (error) {
      if (performance.now() > lateAtMs) throw error
      await wait(50)
    }
  }
}

async function verifyTopics(
  admin: Admin,
  planned: readonly TopicConfig[],
  logger: Logger,
): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: planned.map(({ topic }) => topic) })
  for (const { name, partitions } of topics) {
    const wanted = planned.find(({ topic }) => topic === name)?.numPartitions
    if (partitions.length === wanted) continue
    throw new KubewitnessError(
      'log.failed',
      `opening the log: the topic ${name} has ${partitions.length} partitions instead of ${wanted}`,
      {
        next: 'configure log.topics.partitions as the topic is; another number puts events of one actor into two partitions',
      },
    )
  }
  const described = await admin.describeConfigs({
    includeSynonyms: false,
    resources: planned.map(({ topic }) => ({ type: 2, name: topic })), // 2 = topic
  })
  for (const resource of described.resources) {
    const wanted = planned.find(({ topic }) => topic === resource.resourceName)
    if (wanted !== undefined) verifySettings(wanted, resource, logger)
  }
}

type Described = DescribeConfigResponse['resources'][number]

function verifySettings(wanted: TopicConfig, described: Described, logger: Logger): void {
  const { topic } = wanted
  const actual = new Map(
    described.configEntries.map(({ configName, configValue }) => [configName, configValue]),
  )
  for (const { name, value } of wanted.configEntries ?? []) {
    const found = actual.get(name)
    if (found === undefined || found === value) continue
    if (name === 'cleanup.policy' || name === 'message.timestamp.type') {
      throw new KubewitnessError(
        'log.failed',
        `opening the log: ${name} of the topic ${topic} is ${found} and has to be ${value}`,
        {
          next: `set it with kafka-configs.sh --alter --topic ${topic} --add-config ${name}=${value}`,
        },
      )
    }
    if (isHarmful(name, Number(found), Number(value)))
      logger.warn('A topic is set otherwise than the log needs', { topic, name, found, value })
  }
}

/** Smaller than planned loses or refuses records; of other settings any value will do. */
function isHarmful(name: string, found: number, wanted: number): boolean {
  if (name === 'retention.ms' || name === 'retention.bytes') return found !== -1
  return (name === 'max.message.bytes' || name === 'min.insync.replicas') && found < wanted
}
