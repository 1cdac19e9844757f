import { createHash } from 'node:crypto'
import type { Command } from 'commander'
import { createOffline, type OfflineFindings } from '../../app/offline.ts'
import { problemLine, readRuleFiles, readRules } from '../../app/rule-files.ts'
import { createRedactor } from '../../audit/redact/redactor.ts'
import type { Rule } from '../../contracts.ts'
import { ruleName } from '../../detect/alert.ts'
import type { CorrelationCounts, CorrelationMatch } from '../../detect/correlate/correlator.ts'
import { episodesConfigSchema, offlineAlertingOptions } from '../../detect/episode/config.ts'
import { createRuleSet, type RuleSet } from '../../detect/match.ts'
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
  readonly timeField: string
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
      'where the time of an object stands, for correlations',
      'stageTimestamp',
    )
    .addOption(outputOption('json'))
    .action(async (file: string | undefined, options: MatchOptions) =>
      finish(await match(withTrailingFile(file === undefined ? [] : [file], options), context)),
    )
}

/**
 * Writes `{event, rule}` for every match, and with its group for every event that completes a correlation: in the order of
 * the events, and of the rules within an event. With a broken rule the others are evaluated all the same, and the exit
 * code tells.
 */
async function match(
  { files: [file], ...options }: WithFiles<MatchOptions>,
  context: CliContext,
): Promise<ExitCode> {
  const { fieldNames, ...names } = await readRuleNames(options, context.workingDirectory)
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
  const output = matchOutput(rules, ruleSet, options, context)
  const pipeline = openPipeline(ruleSet, {
    fieldNames,
    episodes: offlineAlertingOptions(episodesConfigSchema.parse({})),
    isOffline: true,
    tells: 'settled',
  })
  const offline = createOffline({
    notesPlaces: true,
    input: 'objects',
    pipeline,
    // The key is of no use: nothing of an event is written but its number.
    redactor: createRedactor({ key: createHash('sha256').update('rules match').digest() }),
    cluster: 'default',
    nowMs: context.clock.nowMs(),
    timeField,
  })
  let timeless = 0
  const input = openInput(file, { stdin: context.stdin, reusesMemory: true })
  for await (const result of offline.evaluate(input)) {
    await output.findings(result)
    for (const item of result.rejected) await write(context.stderr, rejectedLine(file, item))
    timeless += result.timeless
    if (context.stopping.aborted) return exitCodes.failed
  }
  await output.findings(offline.close())
  await output.end()
  if (timeless > 0 && ruleSet.correlations.length > 0)
    await write(context.stderr, timelessNote(timeless, timeField))
  for (const counts of pipeline.takeCounts().correlations)
    await write(context.stderr, lateNote(counts))
  for (const failure of failures) await write(context.stderr, failure)
  if (failures.length > 0) return exitCodes.failed
  return problems.some(({ severity }) => severity === 'error') ? exitCodes.usage : exitCodes.done
}

function timelessNote(count: number, timeField: string): string {
  const what = count === 1 ? '1 object has' : `${count} objects have`
  return `${what} no time in \`${timeField}\`: left out of correlations; see --time-field\n`
}

function lateNote({ rule, late }: CorrelationCounts): string {
  if (late === 0) return ''
  const what =
    late === 1 ? '1 object came too late and is' : `${late} objects came too late and are`
  return `${rule.title}: ${what} left out; see \`lateness\` in docs/rules.md\n`
}

interface MatchOutput {
  findings(found: OfflineFindings): Promise<void>
  end(): Promise<void>
}

/** A match as it is written: of a rule, or of a correlation in a group. */
interface WrittenMatch {
  readonly index: number | undefined
  readonly rule: Rule
  readonly group?: CorrelationMatch['group']
}

/**
 * Rules that only correlations ask for are left out. Correlations tell of events that are long past: where there are any,
 * everything waits for the end.
 */
function matchOutput(
  rules: readonly Rule[],
  { silent, correlations: all }: RuleSet,
  { output }: MatchOptions,
  context: CliContext,
): MatchOutput {
  const placeById = new Map(rules.map(({ id }, place) => [id, place]))
  const place = ({ rule }: WrittenMatch): number => placeById.get(rule.id) ?? 0
  const rows: string[][] = []
  let waiting: WrittenMatch[] = []
  const flush = async (): Promise<void> => {
    const sorted = waiting.toSorted(
      (a, b) => (a.index ?? -1) - (b.index ?? -1) || place(a) - place(b),
    )
    waiting = []
    for (const { index, rule, group } of sorted) {
      const of = group === undefined ? {} : { group }
      if (output === 'table')
        rows.push([String(index ?? '-'), rule.id, clean(rule.title), ...groupTexts(group)])
      else await writeRecord(output, { event: index ?? null, rule: rule.id, ...of }, context)
    }
  }
  return {
    findings: async ({ matches, correlations }) => {
      const found: readonly WrittenMatch[] = [
        ...matches.map(({ match, index }) => ({ index, rule: match.rule })),
        ...correlations.map(({ match, index }) => ({
          index,
          rule: match.rule,
          group: match.group,
        })),
      ]
      for (const each of found) if (!silent.has(each.rule.id)) waiting.push(each)
      if (all.length === 0) await flush()
    },
    end: async () => {
      await flush()
      const hasGroups = rows.some(({ length }) => length > 3)
      const header = ['EVENT', 'RULE', 'TITLE', ...(hasGroups ? ['GROUP'] : [])]
      if (output === 'table') await write(context.stdout, tableText(header, rows))
    },
  }
}

function groupTexts(group: WrittenMatch['group']): readonly string[] {
  if (group === undefined) return []
  const texts = Object.entries(group).map(([name, value]) => `${name}=${value}`)
  return [clean(texts.join(' '))]
}
