import { createHash } from 'node:crypto'
import { type Command, Option } from 'commander'
import {
  createOffline,
  type OfflineFile,
  type OfflineFindings,
  type OfflineMatch,
} from '../app/offline.ts'
import { loadRules, problemLine, readRuleFiles } from '../app/rule-files.ts'
import { createRedactor } from '../audit/redact/redactor.ts'
import type { Level, Rule } from '../contracts.ts'
import type { CorrelationMatch } from '../detect/correlate/correlator.ts'
import type { AlertingOptions } from '../detect/episode/alerting.ts'
import { episodesConfigSchema, offlineAlertingOptions } from '../detect/episode/config.ts'
import { createRuleSet, type RuleSet } from '../detect/match.ts'
import { openPipeline } from '../detect/pipeline.ts'
import { messageOf } from '../errors.ts'
import { levels } from '../sigma/levels.ts'
import { openInput } from '../sources/file/open-input.ts'
import { type CliContext, type ExitCode, exitCodes, write } from './context.ts'
import { type OutputOptions, outputOption, writeRecord } from './output.ts'
import { createProgress } from './progress.ts'
import {
  addRuleNameOptions,
  type RuleNameOptions,
  readConfig,
  readRuleNames,
} from './rule-names.ts'
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
    await readRuleNames(options, context.workingDirectory),
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
  const episodes = await readAlertingOptions(options, context)
  const pipeline = openPipeline(ruleSet, { episodes, isOffline: true })
  const nowMs = context.clock.nowMs()
  const offline = createOffline({
    input: 'events',
    pipeline,
    redactor,
    cluster: 'default',
    nowMs,
    leavesMatchesOut: !options.matches,
  })
  const { files } = options
  const give = async (findings: OfflineFindings, file?: string): Promise<void> => {
    if (options.matches) await writeMatches(findings, file, ruleSet.silent, options, context)
    else
      for (const alert of findings.alerts) if (alert.status === 'closed') await report.alert(alert)
  }
  const events = files.map(() => 0)
  const unreadable = new Set<number>()
  const inputs = files.map((file) => fileInput(file, context, progress))
  for await (const result of offline.evaluateTogether(inputs)) {
    const { source } = result
    const file = files[source] ?? ''
    if ('error' in result) {
      unreadable.add(source)
      await write(context.stderr, `kubewitness: ${messageOf(result.error)}\n`)
      continue
    }
    events[source] = (events[source] ?? 0) + result.events
    report.events(result.events, result.otherRecords)
    for (const item of result.rejected) await report.rejected(file, item)
    await give(result, files.length > 1 ? file : undefined)
    if (context.stopping.aborted) break
  }
  progress.clear()
  for (const [source, file] of files.entries())
    if (events[source] === 0 && !unreadable.has(source)) await report.empty(file)
  await give(offline.close())
  if (!options.matches) await report.end()
  const late = pipeline.takeCounts().correlations.reduce((sum, counts) => sum + counts.late, 0)
  if (late > 0) await write(context.stderr, lateNote(late))
  if (unreadable.size > 0 || context.stopping.aborted) return exitCodes.failed
  return options.failOn !== undefined && report.isAtOrAbove(options.failOn)
    ? exitCodes.found
    : exitCodes.done
}

function fileInput(
  file: string,
  { stdin }: CliContext,
  progress: ReturnType<typeof createProgress>,
): OfflineFile {
  return {
    canReadAgain: file !== '-',
    read: () =>
      openInput(file, {
        stdin,
        onProgress: ({ bytesRead, totalBytes }) => progress.show(file, bytesRead, totalBytes),
        reusesMemory: true,
      }),
  }
}

function lateNote(late: number): string {
  const what =
    late === 1 ? '1 match came too late and was' : `${late} matches came too late and were`
  return `${what} left out of correlations: a file is not in the order of time; give the files of several API servers one by one, do not join them\n`
}

/** As the service would have it by that configuration, but with lists of events that are as good as complete. */
async function readAlertingOptions(
  { config: file }: RuleNameOptions,
  { workingDirectory }: CliContext,
): Promise<AlertingOptions> {
  const config = file === undefined ? {} : (await readConfig(file, workingDirectory)).episodes
  return offlineAlertingOptions(episodesConfigSchema.parse(config))
}

/** Too many for a table: lines of JSON instead. Rules that only correlations ask for are left out. */
async function writeMatches(
  { matches, correlations }: OfflineFindings,
  file: string | undefined,
  silent: ReadonlySet<string>,
  { output }: OutputOptions,
  context: CliContext,
): Promise<void> {
  const format = output === 'table' ? 'json' : output
  for (const found of matches)
    if (!silent.has(found.match.rule.id)) await writeRecord(format, matchJson(found, file), context)
  for (const { match } of correlations)
    if (!silent.has(match.rule.id)) await writeRecord(format, correlationJson(match), context)
}

function matchJson({ match: { rule, event }, index }: OfflineMatch, file?: string): object {
  return {
    rule: ruleJson(rule),
    ...(file !== undefined && { file }),
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
