import { randomUUID } from 'node:crypto'
import type { Clock, Log, Logger, TopicOptions } from '../../src/contracts.ts'
import { loadDriver } from '../../src/log/kafka/driver.ts'
import { createFetcher } from '../../src/log/kafka/fetcher.ts'
import { createKafkaLog, type KafkaLogOptions } from '../../src/log/kafka/kafka.ts'
import { silentLogger } from '../../src/util/logger.ts'
import type { MakeLog } from '../contract/log-setup.ts'

/** Names of its own for every test: all of them share one broker. */
export function newPrefix(): string {
  return `kw-${randomUUID()}`
}

export function kafkaLog(options: {
  readonly broker: string
  readonly prefix: string
  readonly clock: Clock
  readonly topics: Readonly<Record<string, TopicOptions>>
  readonly logger?: Logger
  readonly partitions?: KafkaLogOptions['partitions']
  readonly plan?: Partial<KafkaLogOptions['plan']>
  readonly compression?: KafkaLogOptions['compression']
  readonly compressedTopics?: KafkaLogOptions['compressedTopics']
}): Log {
  const { broker, logger = silentLogger, plan, ...rest } = options
  return createKafkaLog({
    connect: async () => ({ brokers: [broker], clientId: 'kubewitness-test' }),
    brokers: [broker],
    plan: { replicationFactor: 1, create: true, ...plan },
    compression: 'zstd',
    sessionTimeoutMs: 1500,
    logger,
    ...rest,
  })
}

/** The keys of every message that a partition holds, repeated ones too; of a mebibyte of it. */
export async function storedKeys(
  address: string,
  topic: string,
  partition = 0,
): Promise<readonly string[]> {
  const driver = await loadDriver({ brokers: [address], clientId: 'test' }, silentLogger)
  const fetcher = createFetcher(driver.cluster())
  const limits = { maxBytes: 1 << 20, maxWaitMs: 0 }
  const { messages } = await fetcher.fetch({ topic, partition, offset: 0, ...limits })
  driver.close()
  return messages.map(({ key }) => String(key))
}

const never = new AbortController().signal

/** Logs for the contract suites. What they stored stays in the broker, which ends with the run. */
export function makeKafkaLog(broker: string): MakeLog {
  return async ({ clock, topics }) => {
    const prefix = newPrefix()
    let log = kafkaLog({ broker, prefix, clock, topics })
    await log.start()
    return {
      log,
      reopen: async () => {
        await log.stop(never)
        log = kafkaLog({ broker, prefix, clock, topics })
        await log.start()
        return log
      },
      remove: () => log.stop(never),
    }
  }
}
