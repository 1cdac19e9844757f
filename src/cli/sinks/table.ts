import type { Command } from 'commander'
import type { CliContext, ExitCode } from '../context.ts'
import { setupCommand } from './setup.ts'

/** Every command below `sinks`: one file and one line each. */
const subcommands = [setupCommand]

/** `kubewitness sinks …`: the places that alerts and events go to. */
export function sinksCommand(
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  const sinks = program.command('sinks').description('the places that alerts and events go to')
  for (const subcommand of subcommands) subcommand(sinks, context, finish)
}
