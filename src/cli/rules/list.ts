import type { Command } from 'commander'
import { loadRules, readRuleFiles } from '../../app/rule-files.ts'
import { levels } from '../../config/schema.ts'
import type { Rule } from '../../contracts.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputFormat, type OutputOptions, outputOption, writeRecord } from '../output.ts'
import { addRuleNameOptions, type RuleNameOptions, readRuleNames } from '../rule-names.ts'
import { tableText } from '../table-text.ts'

interface ListOptions extends OutputOptions, RuleNameOptions {
  readonly rules: readonly string[]
  readonly builtinRules: boolean
}

/** `kubewitness rules list`: the rules that a command with the same options would use. */
export function listCommand(
  rules: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  addRuleNameOptions(rules.command('list'))
    .description('the rules that would be used')
    .option('--rules <path...>', 'further rule files or folders', [])
    .option('--no-builtin-rules', 'only the rules of --rules')
    .addOption(outputOption())
    .action(async ({ rules: paths, builtinRules, output, ...names }: ListOptions) => {
      const files = readRuleFiles({ builtin: builtinRules, paths })
      const loaded = loadRules(files, readRuleNames(names, context.workingDirectory))
      await writeRules(loaded.rules, output, context)
      finish(exitCodes.done)
    })
}

async function writeRules(
  rules: readonly Rule[],
  format: OutputFormat,
  context: CliContext,
): Promise<void> {
  const sorted = rules.toSorted(
    (a, b) => levels.indexOf(b.level) - levels.indexOf(a.level) || a.title.localeCompare(b.title),
  )
  if (format === 'table') {
    const rows = sorted.map((rule) => [rule.level, rule.name ?? '', rule.title, rule.status])
    return write(context.stdout, tableText(['LEVEL', 'NAME', 'TITLE', 'STATUS'], rows))
  }
  for (const { id, name, title, level, status, tags, location } of sorted) {
    const file = location.path
    await writeRecord(format, { id, name, title, level, status, tags, file }, context)
  }
}
