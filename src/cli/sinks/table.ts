import type { Command } from 'commander'
import type { CliContext, ExitCode } from '../context.ts'
import { listCommand } from './list.ts'
import { setupCommand } from './setup.ts'
import { testCommand } from './test.ts'

/** Every command below `sinks`: one file and one line each. */
const subcommands = [listCommand, testCommand, setupCommand]

/** `kubewitness sinks …`: for those who set up where alerts and events go. */
export function sinksCommand(
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  const sinks = program
    .command('sinks')
    .description('list, try and set up the places that alerts and events go to')
  for (const subcommand of subcommands) subcommand(sinks, context, finish)
}
