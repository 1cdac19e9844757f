import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Command, Option } from 'commander'
import { parse } from 'yaml'
import {
  builtinRulesFolder,
  filesBelow,
  loadRules,
  problemLine,
  readRuleFile,
  readRuleFiles,
} from '../app/rule-files.ts'
import { knownFields } from '../audit/known-fields.ts'
import { levels } from '../config/schema.ts'
import type { Problem, Rule } from '../contracts.ts'
import { lintRules } from '../detect/lint.ts'
import { type RuleTestResult, runRuleTests } from '../detect/rule-tests.ts'
import { parseRules } from '../sigma/parse.ts'
import {
  type CliContext,
  type ExitCode,
  exitCodes,
  type OutputFormat,
  outputFormats,
  write,
} from './context.ts'
import { tableText } from './table-text.ts'

interface OutputOptions {
  readonly output: OutputFormat
}

/** `kubewitness rules list|lint|test`: for those who write rules. */
export function rulesCommand(
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  const output = (): Option =>
    new Option('--output <format>', 'table, or one JSON object a line')
      .choices(outputFormats)
      .default('table')
  const rules = program.command('rules').description('list, check and test rules')
  rules
    .command('list')
    .description('the rules that would be used')
    .option('--rules <path...>', 'further rule files or folders', [])
    .option('--no-builtin-rules', 'only the rules of --rules')
    .addOption(output())
    .action(
      async (
        options: OutputOptions & {
          readonly rules: readonly string[]
          readonly builtinRules: boolean
        },
      ) => {
        const loaded = loadRules(
          readRuleFiles({ builtin: options.builtinRules, paths: options.rules }),
        )
        await writeRules(loaded.rules, options.output, context)
        finish(exitCodes.done)
      },
    )
  rules
    .command('lint')
    .description('check rule files; without a path, those that come with Kubewitness')
    .argument('[paths...]', 'files and folders')
    .addOption(output())
    .action(async (paths: readonly string[], options: OutputOptions) => {
      const problems = lint(paths)
      await writeProblems(problems, options.output, context)
      finish(problems.length > 0 ? exitCodes.found : exitCodes.done)
    })
  rules
    .command('test')
    .description('run the *.test.yml beside rule files')
    .argument('[paths...]', 'files and folders')
    .addOption(output())
    .action(async (paths: readonly string[], options: OutputOptions) =>
      finish(await test(paths, options.output, context)),
    )
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
    await write(
      context.stdout,
      `${JSON.stringify({ id, name, title, level, status, tags, file: location.path })}\n`,
    )
  }
}

function lint(paths: readonly string[]): Problem[] {
  const files = readRuleFiles({ builtin: paths.length === 0, paths })
  const { rules, problems } = parseRules(files)
  return [...problems, ...lintRules(rules, { knownFields })]
}

async function writeProblems(
  problems: readonly Problem[],
  format: OutputFormat,
  context: CliContext,
): Promise<void> {
  for (const problem of problems) {
    const { path: file, line, column, severity, code, message } = problem
    const json = JSON.stringify({ file, line, column, severity, code, message })
    await write(context.stdout, `${format === 'json' ? json : problemLine(problem)}\n`)
  }
  if (format === 'table' && problems.length === 0) await write(context.stdout, 'No problems.\n')
}

async function test(
  paths: readonly string[],
  format: OutputFormat,
  context: CliContext,
): Promise<ExitCode> {
  const chosen = paths.length === 0 ? [builtinRulesFolder] : paths
  const testFiles = chosen
    .flatMap((path) => filesBelow(path, (name) => /\.test\.ya?ml$/.test(name)))
    .map(testFileOf)
  let failed = 0
  let passed = 0
  for (const path of testFiles) {
    const { results, problems } = testOne(path)
    if (problems.length > 0) await writeProblems(problems, format, context)
    failed += problems.length
    for (const result of results) {
      if (result.passed) passed += 1
      else failed += 1
      if (format === 'json') await write(context.stdout, `${JSON.stringify(result)}\n`)
      else if (!result.passed)
        await write(context.stdout, `${path}: ${result.case}: ${result.message}\n`)
    }
  }
  await write(context.stderr, `${passed} passed, ${failed} failed\n`)
  return failed > 0 ? exitCodes.found : exitCodes.done
}

/** A rule file given by name stands for its test file. */
function testFileOf(path: string): string {
  return /\.test\.ya?ml$/.test(path) ? path : path.replace(/\.ya?ml$/, '.test.yml')
}

function testOne(path: string): {
  readonly results: readonly RuleTestResult[]
  readonly problems: readonly Problem[]
} {
  const ruleFile = readRuleFile(path.replace(/\.test\.(ya?ml)$/, '.$1'))
  const { rules, problems } = parseRules([ruleFile])
  if (problems.some((problem) => problem.severity === 'error')) return { results: [], problems }
  return runRuleTests({ rules, testFile: readRuleFile(path), bases: readBases(path) })
}

/** Base events: those that come with Kubewitness, and those in a folder `events` beside the tests. */
function readBases(testPath: string): ReadonlyMap<string, object> {
  const bases = new Map<string, object>()
  for (const folder of [
    join(builtinRulesFolder, 'events'),
    join(testPath, '..', 'events'),
    join(testPath, '..', '..', 'events'),
  ]) {
    if (!existsSync(folder)) continue
    for (const file of filesBelow(folder, (name) => /\.ya?ml$/.test(name))) {
      const event: unknown = parse(readFileSync(file, 'utf8'))
      if (typeof event === 'object' && event !== null)
        bases.set(basename(file).replace(/\.ya?ml$/, ''), event)
    }
  }
  return bases
}
