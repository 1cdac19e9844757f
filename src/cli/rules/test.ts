import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { parse } from 'yaml'
import {
  builtinRulesFolder,
  filesBelow,
  type RuleNames,
  readRuleFile,
} from '../../app/rule-files.ts'
import type { Problem } from '../../contracts.ts'
import { parseMapping } from '../../detect/mapping-file.ts'
import { type RuleTestResult, runRuleTests } from '../../detect/rule-tests.ts'
import { KubewitnessError, messageOf } from '../../errors.ts'
import { parseRules } from '../../sigma/parse.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputOptions, outputOption, writeRecord } from '../output.ts'
import { addRuleNameOptions, type RuleNameOptions, readRuleNames } from '../rule-names.ts'
import { writeProblems } from './problems.ts'
import { runWatching, type WatchOptions, watchOption } from './watching.ts'

interface TestOptions extends OutputOptions, RuleNameOptions, WatchOptions {}

/** `kubewitness rules test`: runs the cases that stand beside rules. */
export function testCommand(
  rules: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  addRuleNameOptions(rules.command('test'))
    .description('run the *.test.yml beside rule files')
    .argument('[paths...]', 'files and folders')
    .addOption(outputOption())
    .addOption(watchOption())
    .action(async (paths: readonly string[], options: TestOptions) =>
      finish(await runWatching(paths, options, context, () => test(paths, options, context))),
    )
}

async function test(
  paths: readonly string[],
  { output: format, ...options }: TestOptions,
  context: CliContext,
): Promise<ExitCode> {
  const chosen = paths.length === 0 ? [builtinRulesFolder] : paths
  const testFiles = chosen
    .flatMap((path) => filesBelow(path, (name) => /\.test\.ya?ml$/.test(name)))
    .map(testFileOf)
  const names = await readRuleNames(options, context.workingDirectory)
  let failed = 0
  let passed = 0
  for (const path of testFiles) {
    const { results, problems } = testOne(path, names)
    if (problems.length > 0) await writeProblems(problems, format, context)
    failed += problems.length
    for (const result of results) {
      if (result.passed) passed += 1
      else failed += 1
      if (format !== 'table') await writeRecord(format, result, context)
      else if (!result.passed)
        await write(context.stdout, `${path}: ${result.case}: ${result.message}\n`)
    }
  }
  const where = testFiles.length === 0 ? `: there is no *.test.yml in ${chosen.join(', ')}` : ''
  await write(context.stderr, `${passed} passed, ${failed} failed${where}\n`)
  return failed > 0 ? exitCodes.found : exitCodes.done
}

/** A rule file given by name stands for its test file. */
function testFileOf(path: string): string {
  return /\.test\.ya?ml$/.test(path) ? path : path.replace(/\.ya?ml$/, '.test.yml')
}

function testOne(
  path: string,
  { mapping, placeholders }: Required<RuleNames>,
): {
  readonly results: readonly RuleTestResult[]
  readonly problems: readonly Problem[]
} {
  const ruleFile = readRuleFile(path.replace(/\.test\.(ya?ml)$/, '.$1'))
  const { rules, problems } = parseRules([ruleFile], { placeholders })
  const named = parseMapping(mapping)
  const found = [...problems, ...named.problems]
  if (found.some((problem) => problem.severity === 'error')) return { results: [], problems: found }
  return runRuleTests({
    rules,
    mapping: named.mapping,
    testFile: readRuleFile(path),
    bases: readBases(path),
  })
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
      const event = readBase(file)
      if (typeof event === 'object' && event !== null)
        bases.set(basename(file).replace(/\.ya?ml$/, ''), event)
    }
  }
  return bases
}

function readBase(file: string): unknown {
  const { text } = readRuleFile(file)
  try {
    return parse(text)
  } catch (cause) {
    throw new KubewitnessError('rules.unreadable', `${file} is no YAML: ${messageOf(cause)}`, {
      cause,
      next: 'correct the event that cases begin with',
    })
  }
}
