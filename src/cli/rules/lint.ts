import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { type RuleNames, readRuleFiles, readRules } from '../../app/rule-files.ts'
import { knownFields } from '../../audit/known-fields.ts'
import type { Problem } from '../../contracts.ts'
import { lintRules } from '../../detect/lint.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputOptions, outputOption } from '../output.ts'
import { addRuleNameOptions, type RuleNameOptions, readRuleNames } from '../rule-names.ts'
import { writeProblems } from './problems.ts'
import { runWatching, type WatchOptions, watchOption } from './watching.ts'

interface LintCommandOptions extends OutputOptions, RuleNameOptions, WatchOptions {}

/** `kubewitness rules lint`: what is wrong with rule files, by file, line and column. */
export function lintCommand(
  rules: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  addRuleNameOptions(rules.command('lint'))
    .description('check rule files; without a path, those that come with Kubewitness')
    .argument('[paths...]', 'files and folders')
    .addOption(outputOption())
    .addOption(watchOption())
    .action(async (paths: readonly string[], options: LintCommandOptions) =>
      finish(await runWatching(paths, options, context, () => lintOnce(paths, options, context))),
    )
}

async function lintOnce(
  paths: readonly string[],
  { output, ...names }: LintCommandOptions,
  context: CliContext,
): Promise<ExitCode> {
  const problems = lint(paths, await readRuleNames(names, context.workingDirectory))
  await writeProblems(problems, output, context)
  if (output === 'table' && problems.length === 0) await write(context.stdout, 'No problems.\n')
  return problems.length > 0 ? exitCodes.found : exitCodes.done
}

function lint(paths: readonly string[], names: RuleNames): Problem[] {
  const files = readRuleFiles({ builtin: paths.length === 0, paths })
  const { rules, problems } = readRules(files, names)
  return [...problems, ...lintRules(rules, { knownFields, hasTests })]
}

function hasTests(path: string): boolean {
  return ['yml', 'yaml'].some((ending) => existsSync(path.replace(/\.ya?ml$/, `.test.${ending}`)))
}
