import { type Command, Option } from 'commander'
import { openBatch } from '../app/stored-batch.ts'
import { eventsTopic } from '../app/topics.ts'
import { loadConfig } from '../config/load.ts'
import type { StoredRecord } from '../contracts.ts'
import { type CliContext, type ExitCode, exitCodes, write } from './context.ts'
import { logCopyCommand } from './log-copy.ts'
import { storedRecords, withReader } from './open-store.ts'
import { timeArgument } from './time-argument.ts'

interface ExportOptions {
  readonly config?: string
  readonly topic: string
  readonly from?: number
  readonly to?: number
}

const topics = ['events', 'alerts', 'rejected', 'dead-letter']

/** `kubewitness log export` prints what is stored, as stored, one record a line, while the service may run; `log copy` moves it. */
export function logCommand(
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  const log = program.command('log').description('look into the store, or move it')
  logCopyCommand(log, context, finish)
  log
    .command('export')
    .description('print what is stored, one JSON record a line')
    .option('--config <file>', 'configuration that names the data directory')
    .addOption(new Option('--topic <topic>', 'what to print').choices(topics).default('events'))
    .option('--from <time>', 'received at or after, RFC 3339', timeArgument)
    .option('--to <time>', 'received before, RFC 3339', timeArgument)
    .action(async (options: ExportOptions) => finish(await exportLog(options, context)))
}

async function exportLog(
  { config: file, topic, from, to }: ExportOptions,
  context: CliContext,
): Promise<ExitCode> {
  const { config } = loadConfig(file, context.workingDirectory)
  const span = {
    ...(from !== undefined && { fromMs: from }),
    ...(to !== undefined && { toMs: to }),
  }
  await withReader(config, context.clock, async (log) => {
    for await (const record of storedRecords(log, topic, span, context.stopping))
      await writeRecord(topic, record, context)
  })
  return context.stopping.aborted ? exitCodes.failed : exitCodes.done
}

async function writeRecord(
  topic: string,
  record: StoredRecord,
  context: CliContext,
): Promise<void> {
  if (topic !== eventsTopic)
    return write(context.stdout, `${Buffer.from(record.value).toString('utf8')}\n`)
  const { bytes, index } = openBatch(record)
  const lines: string[] = []
  for (let i = 0; i < index.count; i++) {
    lines.push(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
        'utf8',
        index.starts[i],
        index.ends[i],
      ),
    )
  }
  if (lines.length > 0) await write(context.stdout, `${lines.map(oneLine).join('\n')}\n`)
}

/** Raw line breaks in JSON stand only between tokens, where a space says the same. */
function oneLine(item: string): string {
  return item.includes('\n') || item.includes('\r') ? item.replaceAll(/[\r\n]+/g, ' ') : item
}
