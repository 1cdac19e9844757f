import type { Command } from 'commander'
import type { CliContext, ExitCode } from '../context.ts'
import { diffCommand } from './diff.ts'
import { evaluateCommand } from './evaluate.ts'
import { reportCommand } from './report.ts'
import { suggestCommand } from './suggest.ts'

/** Every command below `roles`: one file and one line each. */
const subcommands = [evaluateCommand, diffCommand, reportCommand, suggestCommand]

/** `kubewitness roles …`: who may do what, who does it, and which roles would be enough. */
export function rolesCommand(
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  const roles = program.command('roles').description('try, compare and suggest RBAC roles')
  for (const subcommand of subcommands) subcommand(roles, context, finish)
}
