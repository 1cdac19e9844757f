import { createHash } from 'node:crypto'
import { type Command, Option } from 'commander'
import { createOffline, type OfflineFindings, type OfflineMatch } from '../app/offline.ts'
import { loadRules, problemLine, readRuleFiles } from '../app/rule-files.ts'
import { createRedactor } from '../audit/redact/redactor.ts'
import { loadConfig } from '../config/load.ts'
import { levels } from '../config/schema.ts'
import type { Level, Rule } from '../contracts.ts'
import type { CorrelationMatch } from '../detect/correlate/correlator.ts'
import type { AlertingOptions } from '../detect/episode/alerting.ts'
import { episodesConfigSchema, offlineAlertingOptions } from '../detect/episode/config.ts'
import { createRuleSet, type RuleSet } from '../detect/match.ts'
import { openPipeline } from '../detect/pipeline.ts'
import { messageOf } from '../errors.ts'
import { openInput } from '../sources/file/open-input.ts'
import { type CliContext, type ExitCode, exitCodes, write } from './context.ts'
import { type OutputOptions, outputOption, writeRecord } from './output.ts'
import { createProgress } from './progress.ts'
import { addRuleNameOptions, type RuleNameOptions, readRuleNames } from './rule-names.ts'
import { type WithFiles, withTrailingFile } from './rules/trailing-file.ts'
import { createScanReport } from './scan-report.ts'

interface ScanOptions extends OutputOptions, RuleNameOptions {
  readonly rules: readonly string[]
  readonly builtinRules: boolean
  readonly minimumLevel: Level
  readonly failOn?: Level
  readonly matches: boolean
}

export type ScanFilesOptions = OutputOptions &
  Pick<WithFiles<ScanOptions>, 'files' | 'config' | 'failOn' | 'matches'>

/** `kubewitness scan FILE…`: what the rules say of audit logs that already exist. */
export function scanCommand(
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  addRuleNameOptions(program.command('scan'))
    .description('run the rules over audit log files: plain, .gz, .zst, or - for standard input')
    .argument(
      '[files...]',
      'EventList, Event, array, JSON lines, or an EKS, AKS or GKE export, told apart by content',
    )
    .option('--rules <path...>', 'further rule files or folders', [])
    .option('--no-builtin-rules', 'use only the rules of --rules')
    .addOption(
      new Option('--minimum-level <level>', 'ignore rules below')
        .choices(levels)
        .default('informational'),
    )
    .addOption(
      new Option('--fail-on <level>', 'exit with 1 if an alert is at or above').choices(levels),
    )
    .option('--matches', 'one line for each match instead of alerts', false)
    .addOption(outputOption())
    .action(async (files: readonly string[], options: ScanOptions) =>
      finish(await scan(withTrailingFile(files, options), context)),
    )
}

async function scan(options: WithFiles<ScanOptions>, context: CliContext): Promise<ExitCode> {
  const { rules, warnings } = loadRules(
    readRuleFiles({ builtin: options.builtinRules, paths: options.rules }),
    readRuleNames(options, context.workingDirectory),
  )
  for (const warning of warnings) await write(context.stderr, `${problemLine(warning)}\n`)
  const ruleSet = createRuleSet(rules, {
    minimumLevel: options.minimumLevel,
    onRuleFailure: (rule, error) =>
      void context.stderr.write(
        `rule ${rule.name ?? rule.id} failed and is off: ${messageOf(error)}\n`,
      ),
  })
  return scanFiles(options, ruleSet, context)
}

/** The files through a rule set that is compiled, up to the report. */
export async function scanFiles(
  options: ScanFilesOptions,
  ruleSet: RuleSet,
  context: CliContext,
): Promise<ExitCode> {
  const report = createScanReport(options.output, context)
  const progress = createProgress(context)
  const redactor = createRedactor({ key: createHash('sha256').update('offline scan').digest() })
  const episodes = readAlertingOptions(options, context)
  const pipeline = openPipeline(ruleSet, { episodes, isOffline: true })
  const nowMs = context.clock.nowMs()
  const offline = createOffline({ input: 'events', pipeline, redactor, cluster: 'default', nowMs })
  const give = async (findings: OfflineFindings): Promise<void> => {
    if (options.matches) await writeMatches(findings, ruleSet.silent, options, context)
    else
      for (const alert of findings.alerts) if (alert.status === 'closed') await report.alert(alert)
  }
  let unreadable = 0
  for (const file of options.files) {
    let events = 0
    try {
      const input = openInput(file, {
        stdin: context.stdin,
        onProgress: ({ bytesRead, totalBytes }) => progress.show(file, bytesRead, totalBytes),
      })
      for await (const result of offline.evaluate(input)) {
        events += result.events
        report.events(result.events, result.otherRecords)
        for (const item of result.rejected) await report.rejected(file, item)
        await give(result)
        if (context.stopping.aborted) break
      }
      if (events === 0) await report.empty(file)
    } catch (error) {
      unreadable += 1
      await write(context.stderr, `kubewitness: ${messageOf(error)}\n`)
    }
    progress.clear()
  }
  await give(offline.close())
  if (!options.matches) await report.end()
  if (unreadable > 0 || context.stopping.aborted) return exitCodes.failed
  return options.failOn !== undefined && report.isAtOrAbove(options.failOn)
    ? exitCodes.found
    : exitCodes.done
}

/** As the service would have it by that configuration, but with lists of events that are as good as complete. */
function readAlertingOptions(
  { config: file }: RuleNameOptions,
  { workingDirectory }: CliContext,
): AlertingOptions {
  const config = file === undefined ? {} : loadConfig(file, workingDirectory).config.episodes
  return offlineAlertingOptions(episodesConfigSchema.parse(config))
}

/** Too many for a table: lines of JSON instead. Rules that only correlations ask for are left out. */
async function writeMatches(
  { matches, correlations }: OfflineFindings,
  silent: ReadonlySet<string>,
  { output }: OutputOptions,
  context: CliContext,
): Promise<void> {
  const format = output === 'table' ? 'json' : output
  for (const found of matches)
    if (!silent.has(found.match.rule.id)) await writeRecord(format, matchJson(found), context)
  for (const { match } of correlations)
    if (!silent.has(match.rule.id)) await writeRecord(format, correlationJson(match), context)
}

function matchJson({ match: { rule, event }, index }: OfflineMatch): object {
  return {
    rule: ruleJson(rule),
    event: { id: event.id, auditID: event.raw['auditID'], stage: event.stage, index },
  }
}

function correlationJson({ rule, group, count, events }: CorrelationMatch): object {
  return {
    rule: ruleJson(rule),
    group,
    count,
    events: events.map(({ id, auditID, stage }) => ({ id, auditID, stage })),
  }
}

function ruleJson({ id, title, level }: Rule): object {
  return { id, title, level }
}
