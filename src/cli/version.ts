import type { Command } from 'commander'
import { version } from '../util/version.ts'
import { type CliContext, type ExitCode, exitCodes, write } from './context.ts'

/** `kubewitness version`. */
export function versionCommand(
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('version')
    .description('print the version')
    .action(async () => {
      await write(context.stdout, `kubewitness ${version}\n`)
      finish(exitCodes.done)
    })
}
