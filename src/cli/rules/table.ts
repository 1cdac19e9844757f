import type { Command } from 'commander'
import type { CliContext, ExitCode } from '../context.ts'
import { coverageCommand } from './coverage.ts'
import { explainCommand } from './explain.ts'
import { lintCommand } from './lint.ts'
import { listCommand } from './list.ts'
import { matchCommand } from './match.ts'
import { schemaCommand } from './schema.ts'
import { testCommand } from './test.ts'

/** Every command below `rules`: one file and one line each. */
const subcommands = [
  listCommand,
  lintCommand,
  testCommand,
  matchCommand,
  explainCommand,
  coverageCommand,
  schemaCommand,
]

/** `kubewitness rules …`: for those who write rules. */
export function rulesCommand(
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  const rules = program.command('rules').description('list, check and test rules')
  for (const subcommand of subcommands) subcommand(rules, context, finish)
}
