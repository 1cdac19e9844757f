import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { Option } from 'commander'
import { createFileWatch } from '../../app/file-watch.ts'
import { builtinRulesFolder } from '../../app/rule-files.ts'
import { messageOf } from '../../errors.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'

/** `--watch`. */
export interface WatchOptions {
  readonly watch: boolean
}

export function watchOption(): Option {
  return new Option(
    '--watch',
    'run again after every change of the files, until interrupted',
  ).default(false)
}

/**
 * Runs once, or with `--watch` again after every change below the paths until the process is asked to stop. The code is
 * that of the last run. A run that throws is told and, with `--watch`, is not the last.
 */
export async function runWatching(
  paths: readonly string[],
  { watch }: WatchOptions,
  context: CliContext,
  run: () => Promise<ExitCode>,
): Promise<ExitCode> {
  if (!watch) return run()
  let code: ExitCode = exitCodes.done
  const attempt = async (): Promise<void> => {
    try {
      code = await run()
    } catch (error) {
      code = exitCodes.usage
      await write(context.stderr, `kubewitness: ${messageOf(error)}\n`)
    }
    await write(context.stderr, 'Waiting for changes.\n')
  }
  let runs = Promise.resolve()
  const watched = paths.length === 0 ? [builtinRulesFolder] : paths.map(folderOf)
  const files = createFileWatch({
    paths: [...new Set(watched)],
    onChange: () => {
      runs = runs.then(attempt)
    },
    clock: context.clock,
    everyMs: 250,
  })
  await files.start()
  runs = runs.then(attempt)
  await stopped(context.stopping)
  await files.stop(context.stopping)
  await runs
  return code
}

/** What a file goes with (its cases, their events) is beside it. */
function folderOf(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? dirname(path) : path
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
