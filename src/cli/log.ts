import { type Command, InvalidArgumentError, Option } from 'commander'
import { openBatch } from '../app/stored-batch.ts'
import { eventsTopic } from '../app/topics.ts'
import { loadConfig } from '../config/load.ts'
import type { StoredRecord } from '../contracts.ts'
import { KubewitnessError } from '../errors.ts'
import { openSqliteReader } from '../log/sqlite.ts'
import { parseTimeUs } from '../util/time.ts'
import { type CliContext, type ExitCode, exitCodes, write } from './context.ts'

interface ExportOptions {
  readonly config?: string
  readonly topic: string
  readonly from?: number
  readonly to?: number
}

const topics = ['events', 'alerts', 'rejected', 'dead-letter']

/** `kubewitness log export`: what is stored, as stored, one record a line; the service may run meanwhile. */
export function logCommand(
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('log')
    .description('look into the store')
    .command('export')
    .description('print what is stored, one JSON record a line')
    .option('--config <file>', 'configuration that names the data directory')
    .addOption(new Option('--topic <topic>', 'what to print').choices(topics).default('events'))
    .option('--from <time>', 'received at or after, RFC 3339', timeArgument)
    .option('--to <time>', 'received before, RFC 3339', timeArgument)
    .action(async (options: ExportOptions) => finish(await exportLog(options, context)))
}

function timeArgument(text: string): number {
  const us = parseTimeUs(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)
  if (us === undefined)
    throw new InvalidArgumentError(
      'write a time like 2026-01-31T12:00:00Z or a date like 2026-01-31',
    )
  return us / 1000
}

const pageRecords = 64

async function exportLog(
  { config: file, topic, from, to }: ExportOptions,
  context: CliContext,
): Promise<ExitCode> {
  const { config } = loadConfig(file, context.workingDirectory)
  if (config.log.type !== 'sqlite') {
    throw new KubewitnessError('usage.invalid', 'a log in memory has nothing to export', {
      next: 'use log.type: sqlite',
    })
  }
  const reader = openSqliteReader({ directory: config.dataDirectory })
  try {
    let after: number | undefined
    while (!context.stopping.aborted) {
      const bounds = {
        ...(after === undefined ? {} : { after }),
        ...(from === undefined ? {} : { fromMs: from }),
        ...(to === undefined ? {} : { toMs: to }),
      }
      const records = await reader.browse(topic, { order: 'oldest', limit: pageRecords, ...bounds })
      for (const record of records) await writeRecord(topic, record, context)
      const last = records.at(-1)
      if (last === undefined) return exitCodes.done
      after = last.position.offset
    }
    return exitCodes.failed
  } finally {
    reader.close()
  }
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
