import { readSecret } from '../config/secret.ts'
import type { Clock, Log, Logger, Metrics } from '../contracts.ts'
import { runArchive } from '../deliver/archive.ts'
import { createArchive, type SinkConfig } from '../sinks/table.ts'
import { openBatch } from './stored-batch.ts'
import { archiveGroup, deadLetterTopic, eventsTopic } from './topics.ts'

export interface ArchivingOptions {
  readonly log: Log
  readonly sink: SinkConfig
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

const mib = 1024 * 1024

/** Shorter waits than for alerts: what is on its way keeps its memory, and is bounded by it. */
const retry = { initialMs: 500, maximumMs: 10_000, factor: 2, jitter: 0.5 }

/** Brings all events to the archive of one sink until `reading` aborts and what was read is settled, or `writing` aborts. */
export async function runArchiving(
  { log, sink: config, clock, logger, metrics }: ArchivingOptions,
  reading: AbortSignal,
  writing: AbortSignal,
): Promise<void> {
  const sink = createArchive(config, { clock, logger, fetch, readSecret, stdout: process.stdout })
  if (sink === undefined) return
  await sink.start()
  try {
    const { name } = config
    await runArchive(
      {
        log,
        sink,
        name: `${name}/events`,
        topic: eventsTopic,
        group: archiveGroup(name),
        deadLetterTopic,
        openBatch,
        maxInFlightBytes: inFlightMiB(config) * mib,
        retry,
        clock,
        random: Math.random,
        logger,
        metrics,
      },
      reading,
      writing,
    )
  } finally {
    await sink.stop(AbortSignal.timeout(1000))
  }
}

function inFlightMiB(config: SinkConfig): number {
  return 'archive' in config ? config.archive.maxInFlightMiB : 16
}
