import { resolve } from 'node:path'
import type { Command } from 'commander'
import { openBatch } from '../app/stored-batch.ts'
import { eventsTopic } from '../app/topics.ts'
import { itemsByPartition } from '../audit/part-items.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import type { Log, StoredRecord } from '../contracts.ts'
import { KubewitnessError } from '../errors.ts'
import { copyLog, createCopyClock } from '../log/copy.ts'
import { release } from '../util/release.ts'
import { type CliContext, type ExitCode, exitCodes, write } from './context.ts'
import { withLog } from './open-store.ts'
import { type OutputOptions, outputOption, writeRecord } from './output.ts'
import { createProgress } from './progress.ts'
import { tableText } from './table-text.ts'

interface LogCopyOptions extends OutputOptions {
  readonly from: string
  readonly to: string
}

/** `kubewitness log copy`: moves to another store without loss. No service may use either of them meanwhile. */
export function logCopyCommand(
  log: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  log
    .command('copy')
    .description('copy all to another store: records, cursors, and what rules remember')
    .requiredOption('--from <config>', 'configuration of the store that is copied')
    .requiredOption('--to <config>', 'configuration of an empty store; or of one that a copy began')
    .addOption(outputOption())
    .action(async (options: LogCopyOptions) => finish(await logCopy(options, context)))
}

async function logCopy(options: LogCopyOptions, context: CliContext): Promise<ExitCode> {
  const read = (file: string): Config => loadConfig(file, context.workingDirectory).config
  const source = read(options.from)
  const target = read(options.to)
  checkPair(source, target)
  const clock = createCopyClock(context.clock)
  const progress = createProgress(context)
  const copied = await withLog(source, context.clock, (from) =>
    withLog(target, clock, async (to) => {
      try {
        return await copyLog({
          from,
          to,
          clock,
          isPrompt: target.log.type !== 'kafka',
          partitionOf: (record) => partitionOf(record, target, to),
          signal: context.stopping,
          onProgress: progress.show,
        })
      } catch (error) {
        if (!context.stopping.aborted) throw error
        return undefined
      }
    }),
  )
  progress.clear()
  if (copied === undefined) {
    await write(context.stderr, 'stopped; the same command goes on behind what was copied\n')
    return exitCodes.failed
  }
  if (options.output === 'table') {
    const header = ['TOPIC', 'COPIED', 'THERE BEFORE', 'READERS', 'READERS THAT BEGIN ANEW']
    const rows = copied.map(({ topic, records, alreadyThere, groups, begunAnew }) => [
      topic,
      String(records),
      String(alreadyThere),
      groups.join(', '),
      begunAnew.join(', '),
    ])
    await write(context.stdout, tableText(header, rows))
  } else for (const topic of copied) await writeRecord(options.output, topic, context)
  return exitCodes.done
}

/** Events of a cluster stay together, as a service would have put them. */
function partitionOf(record: StoredRecord, { log }: Config, to: Log): number | undefined {
  const { topic } = record.position
  if (topic !== eventsTopic || log.type !== 'kafka') return undefined
  const { cluster, index, bytes } = openBatch(record)
  const parting = { by: 'cluster', partitions: to.partitions(topic) } as const
  const [partition] = itemsByPartition(cluster, index, parting).keys()
  release(bytes)
  return partition
}

function checkPair(source: Config, target: Config): void {
  if (target.log.type === 'kafka' && target.log.topics.partitionBy === 'actor')
    throw new KubewitnessError('usage.invalid', 'stored batches cannot be parted by actor', {
      next: 'copy into a log with topics.partitionBy: cluster',
    })
  const isSame = resolve(source.dataDirectory) === resolve(target.dataDirectory)
  if (!isSame || source.log.type !== 'sqlite' || target.log.type !== 'sqlite') return
  throw new KubewitnessError('usage.invalid', 'both configurations name the same store', {
    next: 'give the target another dataDirectory',
  })
}
