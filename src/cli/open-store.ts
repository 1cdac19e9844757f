import { openLog } from '../app/open-log.ts'
import type { Config } from '../config/schema.ts'
import type { BrowseQuery, Clock, Log, StoredRecord } from '../contracts.ts'
import { KubewitnessError } from '../errors.ts'
import { openSqliteReader } from '../log/sqlite.ts'
import { createLogger } from '../util/logger.ts'
import { createMetrics } from '../util/metrics.ts'

const stopMs = 10_000
const pageRecords = 64

/** Opens the store of a configuration for as long as it is used. Rejects with `log.locked` while a service has it. */
export async function withLog<T>(
  config: Config,
  clock: Clock,
  use: (log: Log) => Promise<T>,
): Promise<T> {
  refuseMemory(config)
  const logger = createLogger('error')
  const metrics = createMetrics({ withProcessMetrics: false })
  const { log } = openLog({ config, clock, logger, metrics, onFatal: () => undefined })
  try {
    await log.start()
    return await use(log)
  } finally {
    await log.stop(AbortSignal.timeout(stopMs))
  }
}

/** The same for looking only: a service may run on it meanwhile. */
export async function withReader<T>(
  config: Config,
  clock: Clock,
  use: (log: Pick<Log, 'browse'>) => Promise<T>,
): Promise<T> {
  if (config.log.type !== 'sqlite') return withLog(config, clock, use)
  const reader = openSqliteReader({ directory: config.dataDirectory })
  try {
    return await use(reader)
  } finally {
    reader.close()
  }
}

function refuseMemory({ log }: Config): void {
  if (log.type !== 'memory') return
  throw new KubewitnessError('usage.invalid', 'a log in memory is gone with its process', {
    next: 'name a configuration with another log.type',
  })
}

/** The records of a topic that were appended in a span of time, oldest first, until the signal aborts. */
export async function* storedRecords(
  log: Pick<Log, 'browse'>,
  topic: string,
  span: Pick<BrowseQuery, 'fromMs' | 'toMs'>,
  signal: AbortSignal,
): AsyncGenerator<StoredRecord> {
  for (let after: { after?: number } = {}; !signal.aborted; ) {
    const query = { order: 'oldest', limit: pageRecords, ...span, ...after } as const
    const records = await log.browse(topic, query)
    yield* records
    const last = records.at(-1)
    if (last === undefined) return
    after = { after: last.position.offset }
  }
}
