import type { Command } from 'commander'
import type { CliContext, ExitCode } from '../context.ts'
import { checkCommand } from './check.ts'
import { evaluateCommand } from './evaluate.ts'
import { explainCommand } from './explain.ts'
import { generateCommand } from './generate.ts'
import { simulateCommand } from './simulate.ts'

/** Every command below `policy`: one file and one line each. */
const subcommands = [
  checkCommand,
  evaluateCommand,
  explainCommand,
  generateCommand,
  simulateCommand,
]

/** `kubewitness policy …`: for those who write audit policies. */
export function policyCommand(
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  const policy = program.command('policy').description('write, check and try audit policies')
  for (const subcommand of subcommands) subcommand(policy, context, finish)
}
