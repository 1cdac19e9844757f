import { resolve } from 'node:path'
import type { Command } from 'commander'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { KubewitnessError } from '../errors.ts'
import { copyLog, createCopyClock } from '../log/copy.ts'
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
        const onProgress = progress.show
        return await copyLog({ from, to, clock, signal: context.stopping, onProgress })
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
    const rows = copied.map(({ topic, records, alreadyThere, groups }) => [
      topic,
      String(records),
      String(alreadyThere),
      groups.join(', '),
    ])
    await write(context.stdout, tableText(['TOPIC', 'COPIED', 'THERE BEFORE', 'READERS'], rows))
  } else for (const topic of copied) await writeRecord(options.output, topic, context)
  return exitCodes.done
}

function checkPair(source: Config, target: Config): void {
  const isSame = resolve(source.dataDirectory) === resolve(target.dataDirectory)
  if (!isSame || source.log.type !== 'sqlite' || target.log.type !== 'sqlite') return
  throw new KubewitnessError('usage.invalid', 'both configurations name the same store', {
    next: 'give the target another dataDirectory',
  })
}
