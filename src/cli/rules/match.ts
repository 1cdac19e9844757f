import { createHash } from 'node:crypto'
import type { Command } from 'commander'
import { evaluateOffline, type OfflineMatch, type OfflineOptions } from '../../app/offline.ts'
import { problemLine, readRuleFiles, readRules } from '../../app/rule-files.ts'
import { createRedactor } from '../../audit/redact/redactor.ts'
import type { RejectedItem } from '../../contracts.ts'
import { ruleName } from '../../detect/alert.ts'
import { createRuleSet } from '../../detect/match.ts'
import { messageOf } from '../../errors.ts'
import { openInput } from '../../sources/file/open-input.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputOptions, outputOption, writeRecord } from '../output.ts'
import { addRuleNameOptions, type RuleNameOptions, readRuleNames } from '../rule-names.ts'
import { rejectedLine } from '../scan-report.ts'
import { clean, tableText } from '../table-text.ts'
import { type WithFiles, withTrailingFile } from './trailing-file.ts'

interface MatchOptions extends OutputOptions, RuleNameOptions {
  readonly rules: readonly string[]
}

/** `kubewitness rules match`: which rules match which objects of a file, whatever the objects are. */
export function matchCommand(
  rules: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  addRuleNameOptions(rules.command('match'), 'fileOrNone')
    .description('tell which rules match which events of a file; nothing is redacted')
    .argument('[file]', 'objects as JSON lines, an array or an EventList; - is standard input')
    .requiredOption('--rules <path...>', 'rule files or folders')
    .addOption(outputOption('json'))
    .action(async (file: string | undefined, options: MatchOptions) =>
      finish(await match(withTrailingFile(file === undefined ? [] : [file], options), context)),
    )
}

/**
 * Writes `{event, rule}` for every match, in the order of the events; with a broken rule the others are evaluated all
 * the same, and the exit code tells.
 */
async function match(
  { files: [file], ...options }: WithFiles<MatchOptions>,
  context: CliContext,
): Promise<ExitCode> {
  const { fieldNames, ...names } = readRuleNames(options, context.workingDirectory)
  const { rules, problems } = readRules(
    readRuleFiles({ builtin: false, paths: options.rules }),
    names,
  )
  for (const problem of problems) await write(context.stderr, `${problemLine(problem)}\n`)
  const failures: string[] = []
  const ruleSet = createRuleSet(rules, {
    fieldNames,
    onRuleFailure: (rule, error) =>
      failures.push(`rule ${ruleName(rule)} failed and is off: ${messageOf(error)}\n`),
  })
  for (const problem of ruleSet.problems) await write(context.stderr, `${problemLine(problem)}\n`)
  const output = matchOutput(options, context)
  for await (const result of evaluateOffline(openInput(file, { stdin: context.stdin }), 0, {
    ...offlineOptions(context),
    ruleSet,
  })) {
    for (const found of result.matches) await output.match(found)
    for (const item of result.rejected) await output.rejected(file, item)
    if (context.stopping.aborted) return exitCodes.failed
  }
  await output.end()
  for (const failure of failures) await write(context.stderr, failure)
  if (failures.length > 0) return exitCodes.failed
  return problems.some(({ severity }) => severity === 'error') ? exitCodes.usage : exitCodes.done
}

/** The key is of no use: nothing of an event is written but its number. */
function offlineOptions({ clock }: CliContext): Omit<OfflineOptions, 'ruleSet'> {
  return {
    input: 'objects',
    redactor: createRedactor({ key: createHash('sha256').update('rules match').digest() }),
    cluster: 'default',
    nowMs: clock.nowMs(),
  }
}

interface MatchOutput {
  match(found: OfflineMatch): Promise<void>
  rejected(file: string, item: RejectedItem): Promise<void>
  end(): Promise<void>
}

function matchOutput({ output }: MatchOptions, context: CliContext): MatchOutput {
  const rows: string[][] = []
  return {
    match: async ({ index, match: { rule } }) => {
      if (output === 'table') rows.push([String(index), rule.id, clean(rule.title)])
      else await writeRecord(output, { event: index, rule: rule.id }, context)
    },
    rejected: (file, item) => write(context.stderr, rejectedLine(file, item)),
    end: async () => {
      if (output === 'table')
        await write(context.stdout, tableText(['EVENT', 'RULE', 'TITLE'], rows))
    },
  }
}
