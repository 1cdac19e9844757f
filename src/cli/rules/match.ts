import { createHash } from 'node:crypto'
import type { Command } from 'commander'
import { createOffline, type OfflineFindings } from '../../app/offline.ts'
import { problemLine, readRuleFiles, readRules } from '../../app/rule-files.ts'
import { createRedactor } from '../../audit/redact/redactor.ts'
import type { RejectedItem, Rule } from '../../contracts.ts'
import { ruleName } from '../../detect/alert.ts'
import type { CorrelationMatch } from '../../detect/correlate/correlator.ts'
import { episodesConfigSchema, offlineEpisodeOptions } from '../../detect/episode/config.ts'
import { createRuleSet } from '../../detect/match.ts'
import { openPipeline } from '../../detect/pipeline.ts'
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
  readonly timeField?: string
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
    .option(
      '--time-field <path>',
      'where the time of an event stands, for correlations (default: stageTimestamp)',
    )
    .addOption(outputOption('json'))
    .action(async (file: string | undefined, options: MatchOptions) =>
      finish(await match(withTrailingFile(file === undefined ? [] : [file], options), context)),
    )
}

/**
 * Writes `{event, rule}` for every match, in the order of the events, and `{event, rule, group}` for every match of a
 * correlation, when it is certain; with a broken rule the others are evaluated all
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
  const { timeField } = options
  const ruleSet = createRuleSet(rules, {
    fieldNames,
    timeField,
    onRuleFailure: (rule, error) =>
      failures.push(`rule ${ruleName(rule)} failed and is off: ${messageOf(error)}\n`),
  })
  for (const problem of ruleSet.problems) await write(context.stderr, `${problemLine(problem)}\n`)
  const output = matchOutput(options, ruleSet.silent, context)
  const offline = createOffline({
    input: 'objects',
    pipeline: openPipeline(ruleSet, {
      fieldNames,
      episodes: offlineEpisodeOptions(episodesConfigSchema.parse({})),
      isOffline: true,
    }),
    // The key is of no use: nothing of an event is written but its number.
    redactor: createRedactor({ key: createHash('sha256').update('rules match').digest() }),
    cluster: 'default',
    nowMs: context.clock.nowMs(),
    timeField,
  })
  for await (const result of offline.evaluate(openInput(file, { stdin: context.stdin }))) {
    await output.findings(result)
    for (const item of result.rejected) await output.rejected(file, item)
    if (context.stopping.aborted) return exitCodes.failed
  }
  await output.findings(offline.close())
  await output.end()
  for (const failure of failures) await write(context.stderr, failure)
  if (failures.length > 0) return exitCodes.failed
  return problems.some(({ severity }) => severity === 'error') ? exitCodes.usage : exitCodes.done
}

interface MatchOutput {
  findings(found: OfflineFindings): Promise<void>
  rejected(file: string, item: RejectedItem): Promise<void>
  end(): Promise<void>
}

interface Line {
  /** Of the event that matched, or that completed a correlation. */
  readonly event: number | undefined
  readonly rule: Rule
  readonly group?: CorrelationMatch['group']
}

/** Rules that only correlations ask for are left out. */
function matchOutput(
  { output }: MatchOptions,
  silent: ReadonlySet<string>,
  context: CliContext,
): MatchOutput {
  const rows: string[][] = []
  const add = async ({ event, rule, group }: Line): Promise<void> => {
    if (silent.has(rule.id)) return
    const of = group === undefined ? {} : { group }
    if (output === 'table') rows.push([String(event ?? '-'), rule.id, clean(rule.title)])
    else await writeRecord(output, { event, rule: rule.id, ...of }, context)
  }
  return {
    findings: async ({ matches, correlations }) => {
      for (const { match, index } of matches) await add({ event: index, rule: match.rule })
      for (const { match, index } of correlations)
        await add({ event: index, rule: match.rule, group: match.group })
    },
    rejected: (file, item) => write(context.stderr, rejectedLine(file, item)),
    end: async () => {
      if (output === 'table')
        await write(context.stdout, tableText(['EVENT', 'RULE', 'TITLE'], rows))
    },
  }
}
